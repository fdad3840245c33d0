"""Files to import as folders: export.SUFFIX (several: the pages of one answer), and in expected.json the options, what
is read, or what the error says.

A case is fixtures/entitlements/NAME/ or fixtures/instances/NAME/. `entitlements`, `instances` and `alerts` are whole
lists, each row states some keys; `notes` the whole list, each a part of the note; `error` the parts that the error must
hold.
"""

import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from licsweep.errors import InputError, LicsweepError
from licsweep.imports import files
from licsweep.imports.entitlements import ImportedFile, read_all
from licsweep.serialization import plain
from tests.imports import read

FIXTURES = Path(__file__).parents[2] / "fixtures"
FOLDER = FIXTURES / "entitlements"
CASES = sorted(
    path.parent for name in ("entitlements", "instances") for path in FIXTURES.glob(f"{name}/*/expected.json")
)


def load(case: Path) -> tuple[dict[str, Any], dict[str, Any], list[Path]]:
    want = json.loads((case / "expected.json").read_text())
    options = want.get("options", {})
    if "exported_at" in options:
        options["exported_at"] = datetime.fromisoformat(options["exported_at"])
    return want, options, sorted(case.glob("export.*"))


def agrees(want: Any, got: Any) -> bool:
    if isinstance(want, dict):
        return all(agrees(value, got.get(key, "absent")) for key, value in want.items())
    if isinstance(want, list):
        return len(want) == len(got) and all(map(agrees, want, got))
    return bool(want == got)


def differences(want: dict[str, Any], got: ImportedFile) -> list[str]:
    found = []
    for name in ("entitlements", "instances", "alerts"):
        rows = [plain(row) for row in getattr(got, name)]
        found += [] if agrees(want.get(name, []), rows) else [f"{name}: {rows} is not {want.get(name, [])}"]
    found += [f"kind is {got.kind}"] if want.get("kind", got.kind) != got.kind else []
    stated = ((got.source, got.entitlements), (got.instance_source, got.instances), (got.alert_source, got.alerts))
    sources = [source for source, rows in stated if rows]
    found += [f"source is {sources}"] if "source" in want and want["source"] not in sources else []
    notes = want.get("notes", got.notes)
    if len(notes) != len(got.notes) or not all(part in note for part, note in zip(notes, got.notes, strict=True)):
        found.append(f"notes are {got.notes}")
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_case(case: Path) -> None:
    want, options, paths = load(case)
    if "error" not in want:
        [got] = read_all(paths, **options)
        assert differences(want, got) == []
        return
    with pytest.raises(LicsweepError) as caught:
        read_all(paths, **options)
    said = " ".join((caught.value.what, caught.value.why, caught.value.hint))
    assert [part for part in want["error"] if part not in said] == []


def test_a_wrong_expectation_is_noticed() -> None:
    want, options, [path] = load(FOLDER / "all_columns")
    got = read(path, **options)
    assert differences(want, got) == []
    assert differences({**want, "notes": ["x"]}, got)
    assert differences({**want, "entitlements": want["entitlements"][1:]}, got)
    want["entitlements"][0]["terms"][0]["quantity"] += 1
    assert differences(want, got)


def test_without_a_date_the_time_of_the_file_counts(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text("Smart Account,VA,License,Type,Quantity,Start,End\nS,V,A,Perpetual,3,,\n")
    os.utime(path, (1_780_000_000, 1_780_000_000))
    got = read(path)
    assert got.entitlements[0].exported_at == datetime.fromtimestamp(1_780_000_000, UTC)
    assert "does not say when it was exported" in got.notes[0]
    assert got.entitlements[0].source_file == str(path)


@pytest.mark.parametrize("name", ["no-such-file.csv", "no-such-file.json", "no-such-file.yaml", "no-such-file.xlsx"])
def test_a_missing_file_is_told_as_missing(name: str) -> None:
    with pytest.raises(InputError, match="No such file") as caught:
        read(Path(name))
    assert "valid" not in str(caught.value)


def test_a_wrong_expectation_of_an_instance_is_noticed() -> None:
    want, options, [path] = load(FIXTURES / "instances" / "api_devices")
    got = read(path, **options)
    assert differences(want, got) == []
    assert differences({**want, "source": "yaml"}, got)
    want["instances"][0]["licenses"][0]["quantity"] += 1
    assert differences(want, got)


@pytest.mark.parametrize("what", ["rows", "columns", "pools", "levels", "bytes"])
@pytest.mark.parametrize("suffix", ["csv", "json", "yaml"])
def test_limits_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, suffix: str) -> None:
    """A table of 4 rows and 6 columns, an answer of 4 rows on level 2, and their limits one below."""
    rows = [
        {"license": f"L{n}", "virtual_account": "V", "terms": [{"type": "perpetual", "quantity": n}]} for n in range(4)
    ]
    heads = "Smart Account,Virtual Account,License,Type,Quantity,End\n"
    text = {
        "csv": heads + "".join(f"S,V,L{n},PERPETUAL,{n},\n" for n in range(4)),
        "json": json.dumps({"licenses": [{"license": f"L{n}", "billingType": "USAGE"} for n in range(4)]}),
        "yaml": json.dumps({"smart_account": "S", "entitlements": rows}),
    }[suffix]
    path = tmp_path / f"export.{suffix}"
    path.write_text(text)
    assert len(read(path, virtual_account="V").entitlements) == 4
    told = {"csv": ("rows", "columns", "pools"), "json": ("rows", "pools", "levels"), "yaml": ("pools",)}
    monkeypatch.setitem(files.LIMITS, what, 10 if what == "bytes" else 1 if what == "levels" else 3)
    if what in (*told[suffix], "bytes"):
        with pytest.raises(InputError, match=r"more than|larger than") as caught:
            read(path, virtual_account="V")
        assert what in str(caught.value) or what == "bytes"
    else:
        assert len(read(path, virtual_account="V").entitlements) == 4


def test_the_time_of_an_import_grows_with_its_rows(tmp_path: Path) -> None:
    """Four times the licenses take about four times the processor, where pairs of them would take sixteen times."""

    def seconds(number: int) -> float:
        path = tmp_path / f"{number}.csv"
        rows = (f"Campus,License {n},PERPETUAL,1,\n" for n in range(number))
        path.write_text("Virtual Account,License,Type,Quantity,End\n" + "".join(rows))
        started = time.process_time()
        read(path)
        return time.process_time() - started

    seconds(100)
    assert seconds(12_000) < 10 * seconds(3_000)
