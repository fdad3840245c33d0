"""Every fixture case reads as its truth says; the index and the templates have no part without a case."""

import copy
import io
from importlib.resources import files
from typing import Any, get_args

import pytest
from textfsm import TextFSM

from collectors import index, value_meanings
from collectors.parse import parse_text
from licsweep import model, serialization
from licsweep.platforms import platforms
from tests.reading.cases import Case, cases, differences

CASES = list(cases())
FLAGS = {"true", "false"}
"""XML and Python write them in their own way."""


def read(case: Case, command: str | None) -> Any:
    return serialization.plain(parse_text(case.text, case.platform, command))


def without_commands(got: Any) -> Any:
    """What was read, without the command that it is evidence of: only who gave one knows its domain and query."""
    lists = {name: [{**row, "command": None} for row in got[name]] for name in ("evidence", "unclaimed_lines")}
    return {**got, **lists}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Case) -> None:
    got = read(case, case.command)
    assert differences(case.expected, got) == []
    # what a truth leaves out is not there: a phantom license is an error everywhere
    for name in ("licenses", "udis", "authorizations", "trust_codes", "reservations", "rum_reports"):
        assert name in case.expected or got[name] == [] or not case.expected.get("complete", True)


@pytest.mark.parametrize("case", [case for case in CASES if case.expected.get("complete")], ids=lambda case: case.name)
def test_the_text_alone_tells_the_command(case: Case) -> None:
    got = read(case, case.command)
    # a list of REST without objects is the same whatever was asked
    assert not got["evidence"] or without_commands(read(case, None)) == without_commands(got)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_evidence_line_says_what_it_is_evidence_of(case: Case) -> None:
    lines = case.text.split("\n")
    seen = parse_text(case.text, case.platform, case.command)
    fields = {item.field for item in seen.evidence}
    for item in seen.evidence:
        assert len(item.text) <= 200
        if item.path:
            assert item.line_number is None
            assert all(word in case.text for word in item.text.replace(":", " ", 1).split() if word not in FLAGS)
            continue
        assert item.text.split()[0] in lines[item.line_number - 1].replace("\x00", "")
    for place, use in enumerate(seen.licenses):
        assert f"licenses[{place}]" in fields
        counts = [item.text for item in seen.evidence if item.field == f"licenses[{place}].count"]
        assert use.count is None or str(use.count) in counts[0]


def test_a_wrong_truth_fails() -> None:
    """The negative control of `test_case`."""
    case = next(case for case in CASES if case.name.endswith("slup_5.3_stack_two_tags_one_feature"))
    got = read(case, case.command)
    for spoil in (
        lambda truth: truth.update(virtual_account="Campus South"),
        lambda truth: truth["licenses"].pop(),
        lambda truth: truth["licenses"].append(copy.deepcopy(truth["licenses"][0])),
        lambda truth: truth["licenses"][0].update(count="2"),
        lambda truth: truth.update(slup_enabled=1),
        lambda truth: truth["policy"]["export"].update(source=None),
    ):
        bogus = copy.deepcopy(case.expected)
        spoil(bogus)
        assert differences(bogus, got)


def used_forms() -> set[index.Form]:
    from collectors import json_paths, lines, structured

    said = [(case, structured.flattened(lines.printed(case.text).lines)) for case in CASES]
    said += [(case, json_paths.paths(json_paths.leaves(case.text))) for case in CASES]
    found = {index.find(case.platform, case.command, one) for case, one in said}
    return {form for form in found if form is not None}


def test_every_form_of_the_index_has_a_case() -> None:
    used = {(form.platform, form.command, form.form) for form in used_forms()}
    own = {(platform, row["command"], row["form"]) for platform, rows in index.book()["forms"].items() for row in rows}
    assert own <= used


def test_every_template_is_in_the_index_and_has_a_case() -> None:
    named = {table.template for form in used_forms() for section in form.sections for table in section.tables}
    folder = files("licsweep.templates")
    on_disk = {
        f"{part.name}/{leaf.name}"
        for part in folder.iterdir()
        if part.is_dir()
        for leaf in part.iterdir()
        if leaf.name.endswith(".textfsm")
    }
    assert on_disk == named


def test_every_template_value_names_a_field() -> None:
    own = {"DRIFT", "NONE_IN_USE", "CLOSED", "SIGNED", "FIRST", "INDEX", "STORE", "TITLE", "STATED", "NEXT", "KEY"}
    for table in {table.name: table for form in index.forms() for s in form.sections for table in s.tables}.values():
        template = files(table.package).joinpath(table.template).read_text("utf-8")
        prefix = "" if table.into in (None, "nothing") else f"{table.into}."
        known = value_meanings.kinds()
        names = TextFSM(io.StringIO(template)).header
        strangers = {name for name in names if prefix + name.lower().replace("__", ".") not in known}
        assert strangers <= own | ({"CLASS"} if prefix == "policy." else set()), table.name


def test_every_path_of_an_answer_names_a_field() -> None:
    for table in {table.name: table for form in index.forms() for table in form.tables}.values():
        prefix = "" if table.into in (None, "nothing") else f"{table.into}."
        rules = [rule for given in table.paths.values() for rule in (given if isinstance(given, list) else [given])]
        named = {
            name for rule in rules for name in ([rule] if isinstance(rule, str) else rule.get("as", rule.values()))
        }
        strangers = {name for name in named if prefix + name.replace("__", ".") not in value_meanings.kinds()}
        assert strangers <= {"total"}, table.name
        assert all(path == table.each or not table.each or path.split(".")[0] in table.each for path in table.paths)


def test_the_commands_of_each_record_have_a_form() -> None:
    silent = {"scope ssa", "scope license", "top"}
    for platform in platforms().values():
        names = {index.answer_name(platform.name, line) for line in platform.lines if line not in silent}
        assert names == set(platform.lines) - silent, platform.name


def test_index_and_vocabularies_stay_within_the_model() -> None:
    assert {form.platform for form in index.forms()} <= set(platforms())
    for path, vocabulary in value_meanings.book()["fields"].items():
        for value in vocabulary.values():
            word = value_meanings.kinds().get(path) == "word"
            assert not word or value is None or value in allowed(path), path


def allowed(path: str) -> set[Any]:
    """The words of a Literal field of the model."""
    from typing import get_type_hints

    record: Any = model.Observation
    *outer, leaf = path.split(".")
    for name in outer:
        record = value_meanings.inner(get_type_hints(record)[name])
    hints = get_type_hints(record)
    return set(get_args(value_meanings.inner(hints.get(leaf) or get_type_hints(model.Udi)[leaf])))


def test_every_form_and_every_proof_says_where_it_is_from() -> None:
    raw = index.book()
    rows = [row for own in raw["forms"].values() for row in own]
    assert all(row["source"].split()[0] in {"device", "guide", "documented-only"} for row in rows)
    assert all(need["why"] for row in rows for need in index._flat(row["needs"], raw["needs"]))
