"""Usage files as folders: fixtures/courier/CASE/file.txt, and in expected.json the reports, or parts of the error."""

import json
from pathlib import Path
from typing import Any

import pytest

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
