"""Usage files as folders: fixtures/courier/CASE/file.txt, and in expected.json the reports, or parts of the error."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licsweep.courier.disclosure import disclosed
from licsweep.courier.usage_files import read_usage
from licsweep.errors import InputError
from licsweep.serialization import plain

FOLDER = Path(__file__).parents[2] / "fixtures" / "courier"
CASES = sorted(path.parent for path in FOLDER.glob("*/expected.json"))


def differences(case: Path, want: dict[str, Any]) -> list[str]:
    path = case / "file.txt"
    try:
        got = [plain(report) for report in read_usage(path, path.read_bytes()).reports]
    except InputError as error:
        told = " ".join((error.what, error.why, error.hint))
        return [f"{part}: not in {told}" for part in want.get("error", ["reports"]) if part not in told]
    return [] if got == want.get("reports") else [f"read {got}"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Path) -> None:
    assert differences(case, json.loads((case / "expected.json").read_text())) == []


def test_a_wrong_expectation_is_noticed() -> None:
    case = FOLDER / "v2_two_reports"
    want = json.loads((case / "expected.json").read_text())
    assert differences(case, want) == []
    want["reports"][0]["count"] = 2
    assert differences(case, want)
    assert differences(case, {"error": ["damaged"]})
    assert differences(FOLDER / "cut_off", want)


def test_every_byte_that_is_cut_off_is_noticed() -> None:
    """No beginning of a file is taken for a whole one."""
    path = FOLDER / "v2_two_reports" / "file.txt"
    raw = path.read_bytes().rstrip()
    read_usage(path, raw)
    for length in range(0, len(raw), 7):
        with pytest.raises(InputError):
            read_usage(path, raw[:length])


RAW = (FOLDER / "v2_two_reports" / "file.txt").read_bytes()


@given(st.lists(st.tuples(st.integers(0, len(RAW) - 1), st.binary(max_size=3)), min_size=1, max_size=5))
def test_damage_is_told_and_never_breaks(damages: list[tuple[int, bytes]]) -> None:
    raw = RAW
    for place, other in damages:
        raw = raw[:place] + other + raw[place + 1 :]
    try:
        found = read_usage(Path("x"), raw)
    except InputError:
        return
    disclosed(found.documents)
    assert all(report.sn and report.report_id for report in found.reports)


def test_deep_documents_break_nothing() -> None:
    deep = RAW.replace(b"<data>{", b'<data>{"a":' + b"[" * 900 + b"]" * 900 + b",", 1)
    assert disclosed(read_usage(Path("x"), deep).documents)
