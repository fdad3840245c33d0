"""`licsweep diff`: what changed, and what only looks as if."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import licsweep
from tests.cli.test_verbs import data

LABEL = "C9300-48 Network Advantage"
REGID = "regid.2017-05.com.cisco.C9300_48P_NW_Advantagek9,1.0_6a224fe3-c92e-4440-a9c1-5d0e53a54015"


def box(name: str, serial: str, *uses: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "hostname": name,
        "platform": "cisco_xe",
        "release": "17.9.4",
        "captured_at": "2026-05-01T08:00:00Z",
        "licensing_model": "slup",
        "slup_enabled": True,
        "smart_account": "Example Networks",
        "virtual_account": "Campus",
        "last_ack_received": "2026-04-20T00:00:00Z",
        "udis": [{"pid": "C9300-48P", "sn": serial}],
        "licenses": list(uses),
        **fields,
    }


def use(tag: str, count: int, **fields: Any) -> dict[str, Any]:
    kind = "regid" if tag.startswith("regid.") else "label"
    return {
        "name": "network-advantage",
        "entitlement_tag": tag,
        "tag_kind": kind,
        "count": count,
        "status": "in-use",
        "license_type": "perpetual",
        **fields,
    }


def ingest(folder: Path, *boxes: dict[str, Any]) -> None:
    file = folder / "observations.json"
    file.write_text(json.dumps(boxes))
    read = any("outcome" not in box for box in boxes)
    assert licsweep("ingest", "--observations", file, "--project", folder).code == (0 if read else 4)


def changes(folder: Path, a: str = "1", b: str = "2") -> tuple[list[tuple[Any, ...]], list[tuple[str, str]]]:
    found = data(licsweep("diff", a, b, "--project", folder, "--format", "json"))
    rows = [
        (row["hostname"], row["what"], row["change"], row["license"], row["before"], row["after"])
        for row in found["changes"]
    ]
    return rows, [(one["change"], one["finding"]["name"]) for one in found["findings"]]


def test_new_gone_and_changed(tmp_path: Path) -> None:
    ingest(tmp_path, box("acc-01", "FOC0000X001", use(LABEL, 2)), box("acc-02", "FOC0000X002", use(LABEL, 1)))
    later = {"captured_at": "2026-06-01T08:00:00Z", "last_ack_received": "2026-05-20T00:00:00Z"}
    moved = box(
        "acc-01", "FOC0000X001", use(LABEL, 3), use("Unheard Of", 1), release="17.12.4", virtual_account="HQ", **later
    )
    ingest(tmp_path, moved, box("acc-03", "FOC0000X003", **later))
    rows, findings = changes(tmp_path)
    assert rows == [
        ("acc-01", "release", "changed", None, "17.9.4", "17.12.4"),
        ("acc-01", "virtual account", "changed", None, "Campus", "HQ"),
        ("acc-01", "license", "changed", "C9300 48P NW Advantage", "2 in-use", "3 in-use"),
        ("acc-01", "license", "new", "Unheard Of", None, "1 in-use"),
        ("acc-02", "instance", "gone", None, None, None),
        ("acc-03", "instance", "new", None, None, None),
    ]
    assert ("new", "unmatched-license") in findings
    back, undone = changes(tmp_path, "2", "1")
    assert len(back) == len(rows)
    assert ("gone", "unmatched-license") in undone


@pytest.mark.parametrize(("first", "second"), [(LABEL, REGID), (REGID, LABEL)])
def test_a_label_and_its_tag_are_one_license(tmp_path: Path, first: str, second: str) -> None:
    ingest(tmp_path, box("acc-01", "FOC0000X001", use(first, 2)))
    ingest(tmp_path, box("acc-01", "FOC0000X001", use(second, 2)))
    assert changes(tmp_path) == ([], [])


def test_a_label_that_only_the_estate_explains(tmp_path: Path) -> None:
    tag = "regid.2030-01.com.cisco.NEW_BOX,1.0_00000000-1111-4222-8333-444444444444"
    ingest(tmp_path, box("acc-01", "FOC0000X001", use("New Box Premier", 2)))
    ingest(tmp_path, box("acc-01", "FOC0000X001", use(tag, 2, description="New Box Premier")))
    assert [row for row in changes(tmp_path)[0] if row[1] == "license"] == []


def test_another_tag_is_another_license(tmp_path: Path) -> None:
    """The negative control of the two above."""
    ingest(tmp_path, box("acc-01", "FOC0000X001", use("C9300-24 Network Advantage", 2)))
    ingest(tmp_path, box("acc-01", "FOC0000X001", use(REGID, 2)))
    assert sorted(row[2] for row in changes(tmp_path)[0]) == ["gone", "new"]


def test_a_renamed_box_and_a_replaced_one(tmp_path: Path) -> None:
    ingest(tmp_path, box("old-name", "FOC0000X001", use(LABEL, 2)), box("acc-02", "FOC0000X002", use(LABEL, 1)))
    ingest(tmp_path, box("new-name", "FOC0000X001", use(LABEL, 2)), box("acc-02", "FOC0000X009", use(LABEL, 1)))
    assert changes(tmp_path)[0] == [
        ("acc-02", "udis", "changed", None, "C9300-48P FOC0000X002", "C9300-48P FOC0000X009"),
        ("new-name", "hostname", "changed", None, "old-name", "new-name"),
    ]


def test_a_host_that_did_not_answer_loses_no_license(tmp_path: Path) -> None:
    ingest(tmp_path, box("acc-01", "FOC0000X001", use(LABEL, 2)))
    ingest(tmp_path, {"hostname": "acc-01", "outcome": "unreachable", "captured_at": "2026-05-01T12:00:00Z"})
    assert changes(tmp_path)[0] == [("acc-01", "outcome", "changed", None, "ok", "unreachable")]


def test_dates_and_forms(tmp_path: Path) -> None:
    ingest(tmp_path, box("acc-01", "FOC0000X001", use(LABEL, 2)))
    assert changes(tmp_path, "2026-04-01", "2026-05-02")[0] == [("acc-01", "instance", "new", None, None, None)]
    text = licsweep("diff", "2026-04-01", "1", "--project", tmp_path)
    assert text.code == 0
    assert "acc-01" in text.out
    csv = licsweep("diff", "2026-04-01", "1", "--project", tmp_path, "--format", "csv").out
    assert csv.startswith("About,What,Change,License,Before,After\nacc-01,instance,new")
    assert licsweep("diff", "1", "1", "--project", tmp_path).out.strip() == "nothing changed"


@pytest.mark.parametrize(("side", "said"), [("9", "no such snapshot"), ("yesterday", "neither a snapshot nor a date")])
def test_a_side_that_is_not_there(tmp_path: Path, side: str, said: str) -> None:
    ingest(tmp_path, box("acc-01", "FOC0000X001"))
    done = licsweep("diff", side, "1", "--project", tmp_path)
    assert done.code == 2
    assert said in done.err
