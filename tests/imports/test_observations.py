"""Observations of other collectors: a list or an envelope, read strictly."""

import json
from pathlib import Path
from typing import Any

import pytest

from licsweep.errors import InputError
from licsweep.imports.observations import read
from licsweep.model import LicenseUse, Observation
from licsweep.serialization import envelope, plain

ROW = {"hostname": "acc-01.example", "captured_at": "2026-05-01", "licenses": [{"name": "a", "count": 2}]}


def write(path: Path, document: Any) -> Path:
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def test_a_list_and_an_envelope(tmp_path: Path) -> None:
    path = tmp_path / "o.json"
    rows = read(write(path, [ROW, {"hostname": "acc-02.example", "outcome": "unreachable"}]))
    assert [row.hostname for row in rows] == ["acc-01.example", "acc-02.example"]
    assert str(rows[0].captured_at) == "2026-05-01 00:00:00+00:00"
    assert rows[0].licenses == (LicenseUse(name="a", count=2),)
    assert read(write(path, "".join(envelope("observation", plain(rows[0]))))) == (rows[0],)
    assert read(write(path, plain(rows[0]))) == (rows[0],)
    assert read(write(path, [])) == ()


def test_what_we_print_reads_back(tmp_path: Path) -> None:
    rows = read(write(tmp_path / "o.json", [ROW]))
    assert read(write(tmp_path / "p.json", [plain(row) for row in rows])) == rows
    assert isinstance(rows[0], Observation)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({**ROW, "licenses": [{"count": "2"}]}, "licenses.0.count"),
        ({**ROW, "licenses": [{"count": 2.5}]}, "licenses.0.count"),
        ({**ROW, "licence_rows": []}, "licence_rows"),
        ({**ROW, "outcome": "fine"}, "outcome"),
        ({**ROW, "captured_at": 5}, "captured_at"),
        ({**ROW, "captured_at": "yesterday"}, "captured_at"),
        ({**ROW, "last_ack_received": "9999-12-31"}, "last_ack_received"),
        ({**ROW, "policy": {"export": {"ongoing_report_days": 999999999}}}, "policy.export.ongoing_report_days"),
        ({**ROW, "evaluation_seconds_left": 10**15}, "evaluation_seconds_left"),
    ],
)
def test_an_error_names_row_host_and_key(tmp_path: Path, row: Any, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read(write(tmp_path / "o.json", [ROW, row]))
    assert "observation 2 (acc-01.example)" in str(caught.value)
    assert said in str(caught.value)


@pytest.mark.parametrize("document", ["{", "[1]", '[{"hostname": " "}]', "[{}]", '"text"'])
def test_what_is_no_observation_is_refused(tmp_path: Path, document: str) -> None:
    with pytest.raises(InputError):
        read(write(tmp_path / "o.json", document))


@pytest.mark.parametrize("licenses", [[{"name": "a", "count": 10}, {"name": "a", "count": -6}], [{"count": -1}]])
def test_counts_below_zero_are_refused(tmp_path: Path, licenses: list[dict[str, Any]]) -> None:
    file = tmp_path / "observations.json"
    file.write_text(json.dumps([{**ROW, "licenses": licenses}]))
    with pytest.raises(InputError, match="count -"):
        read(file)
