"""A proof bundle: the same bytes each time, judged again elsewhere, and what was changed is named."""

import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from licsweep.errors import VerificationFailed
from licsweep.jobs.bundle import first_difference, verify
from licsweep.serialization import check_json, plain
from reconcile.judge import JudgementInput, judge
from tests.cli.conftest import licsweep
from tests.cli.test_contract import project
from tests.judgement.cases import CASES, FOLDER, bought, given, states

__all__ = ["project"]  # a fixture
AS_OF = ("--as-of", "2026-05-01")


@pytest.fixture
def bundle(project: Path, tmp_path: Path) -> Path:
    path = tmp_path / "proof.zip"
    assert licsweep("report", "contract", "--bundle", path, *AS_OF, "--project", project).out == f"{path}\n"
    return path


def changed(path: Path, name: str, change: Callable[[Any], None], *, manifest: bool) -> Path:
    """A copy in which a member was changed, with or without its sha256 in the manifest."""
    with zipfile.ZipFile(path) as archive:
        members = {one: archive.read(one) for one in archive.namelist()}
    document = json.loads(members[name])
    change(document)
    members[name] = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
    if manifest:
        stated = json.loads(members["manifest.json"])
        stated["sha256"][name] = hashlib.sha256(members[name]).hexdigest()
        members["manifest.json"] = json.dumps(stated).encode()
    copy = path.with_name("changed.zip")
    with zipfile.ZipFile(copy, "w") as archive:
        for one, raw in members.items():
            archive.writestr(one, raw)
    return copy


def test_it_comes_out_the_same_elsewhere(project: Path, bundle: Path, tmp_path: Path) -> None:
    done = licsweep("verify", bundle, "--project", tmp_path)  # a folder without a project
    assert (done.code, "byte for byte" in done.out) == (0, True)
    again = tmp_path / "again.zip"
    printed = licsweep("report", "contract", "--bundle", again, "--format", "json", *AS_OF, "--project", project)
    assert again.read_bytes() == bundle.read_bytes()
    with zipfile.ZipFile(bundle) as archive:
        kept = json.loads(archive.read("report.json"))
    assert kept == json.loads(printed.out.split("\n", 1)[1])["data"]
    assert kept["agreements"][0]["suites"][0]["forecast"]["points"] == 5


def test_what_was_changed_is_named(bundle: Path) -> None:
    def cheaper(report: Any) -> None:
        report["agreements"][0]["suites"][0]["exposure_by_use"] = 1.0

    def fewer(inputs: Any) -> None:
        inputs["states"][0]["observation"]["licenses"][0]["count"] = 1

    done = licsweep("verify", changed(bundle, "report.json", cheaper, manifest=False))
    assert (done.code, "report.json was changed" in done.err) == (1, True)
    done = licsweep("verify", changed(bundle, "report.json", cheaper, manifest=True))
    assert done.code == 1
    assert "$.agreements[0].suites[0].exposure_by_use is 1.0 in the bundle, 400.0 when judged again" in done.err
    with pytest.raises(VerificationFailed, match=r"manifest\.json: the date, 2020"):
        verify(changed(bundle, "manifest.json", lambda made: made.update(as_of="2020-01-01T00:00:00Z"), manifest=False))
    with pytest.raises(VerificationFailed, match=r"judgement\.json comes out differently: \$\.agreements"):
        verify(changed(bundle, "input.json", fewer, manifest=True))


def test_the_captures_print_what_the_observations_rest_on(tmp_path: Path) -> None:
    (tmp_path / "inventory").mkdir()
    (tmp_path / "inventory/hosts.yaml").write_text("acc-01: {platform: cisco_xe}\n")
    (tmp_path / "texts/acc-01").mkdir(parents=True)
    output = next((FOLDER.parent / "cisco_xe/show_license_summary").glob("table*/output.txt"))
    (tmp_path / "texts/acc-01/show_license_summary.txt").write_bytes(output.read_bytes())
    licsweep("ingest", tmp_path / "texts", "--project", tmp_path)
    path = tmp_path / "proof.zip"
    licsweep("report", "usage", "--bundle", path, "--project", tmp_path)
    assert verify(path).kind == "usage"

    def replaced(captures: Any) -> None:
        captures[0]["text"] = "another text"
        captures[0]["sha256"] = hashlib.sha256(b"another text").hexdigest()

    with pytest.raises(VerificationFailed, match=r"captures\.json: acc-01, show license summary, line"):
        verify(changed(path, "captures.json", replaced, manifest=True))


def test_what_is_no_bundle_is_refused(bundle: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.zip"
    text.write_text("no archive")
    other = tmp_path / "other.zip"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("x.json", "{}")
    broken = changed(bundle, "input.json", lambda inputs: inputs.update(states=3), manifest=True)
    damaged = tmp_path / "damaged.zip"
    raw = bytearray(bundle.read_bytes())
    raw[raw.index(b"input.json") + len("input.json")] |= 0b110  # a kind of block that deflate does not have
    damaged.write_bytes(raw)
    for path in (text, other, broken, damaged, tmp_path / "none.zip", tmp_path):
        assert licsweep("verify", path).code == 2
    assert licsweep("report", "usage", "--bundle", tmp_path / "x.tar", "--project", tmp_path).code == 2


def test_differences_are_named_by_their_path() -> None:
    assert first_difference({"a": [1, 2]}, {"a": [1, 3]}) == "$.a[1] is 2 in the bundle, 3 when judged again"
    assert first_difference({"a": 1}, {}) == "$.a is 1 in the bundle, 'nothing' when judged again"
    assert first_difference({"a": [1]}, {"a": []}) == "$.a has 1 rows in the bundle, 0 when judged again"
    assert first_difference({"a": None}, {"a": None}) is None


@pytest.mark.parametrize("case", CASES[::3], ids=lambda case: case.name)
def test_an_input_is_the_same_when_read_back(case: Path) -> None:
    inputs = given(case, states(case), bought(case))
    again = check_json(json.dumps(plain(inputs)), JudgementInput, "case", strict=False)
    assert plain(judge(again)) == plain(judge(inputs))
