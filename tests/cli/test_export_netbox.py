"""`licsweep export netbox` on NetBox's API over HTTPS: only its own fields, only what differs, all told."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from licsweep.errors import PartlyWritten
from licsweep.estate.inventory import named
from licsweep.jobs import export_netbox
from licsweep.settings import load
from tests.cli.conftest import Done, licsweep
from tests.cli.test_diff import LABEL, box, ingest, use
from tests.cli.test_outputs import checked
from tests.fakes.https_server import AUTHORITY, Asked, Says
from tests.fakes.netbox import TOKEN, NetBox, device

OURS = ("licsweep_licenses", "licsweep_compliance_state", "licsweep_deadline", "licsweep_last_read")
THEIRS = {"contract": {"id": 7, "name": "EA"}, "owner": "noc"}


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("judged")
    boxes = [
        box(f"acc-0{number}", f"FOC0000X00{number}", use(LABEL, number), next_ack_deadline="2026-05-20T00:00:00Z")
        for number in range(1, 7)
    ]
    boxes[1]["udis"].append({"pid": "C9300-24P", "sn": "FOC0000X009"})
    ingest(folder, *boxes)
    (folder / "ca.pem").write_text(AUTHORITY.pem)
    return folder


def devices() -> list[dict[str, Any]]:
    """acc-01 by its serial; the stack acc-02, a virtual chassis of two; acc-03 by its name; acc-04's name with another
    serial; acc-05 twice; of acc-06 nothing. The device of another project has values of an earlier run."""
    chassis = {"id": 1, "name": "stack-02", "master": {"id": 12}}
    made = [
        device(11, name="any-name", serial="foc0000x001"),
        device(13, name="stack-02:2", serial="FOC0000X009", virtual_chassis=chassis),
        device(12, name="stack-02:1", serial="FOC0000X002", virtual_chassis=chassis),
        device(14, name="ACC-03"),
        device(15, name="acc-04", serial="FOC0000X00Z"),
        device(16, name="acc-05"),
        device(17, name="acc-05"),
        device(18, name="gone"),
    ]
    for one in made:
        one["custom_fields"] = copy.deepcopy(THEIRS) | dict.fromkeys(OURS)
    made[-1]["custom_fields"]["licsweep_compliance_state"] = "reporting-ok"
    return made


def call(project: Path, port: int, *options: str) -> Done:
    (project / "licsweep.toml").write_text(f'[export.netbox]\nurl = "https://127.0.0.1:{port}"\nca = "ca.pem"\n')
    return licsweep("export", "netbox", "--project", project, *options, LICSWEEP_TOKEN=TOKEN)


def written(asked: list[Asked]) -> list[Asked]:
    return [one for one in asked if one.method != "GET"]


def test_it_writes_its_own_fields_and_a_second_run_nothing(judged: Path) -> None:
    rows = devices()
    before = copy.deepcopy(rows)
    with NetBox(rows, writable=()) as server:
        dry = call(judged, server.port, "--dry-run", "--format", "json")
        assert (dry.code, written(server.asked), rows) == (0, [], before)
        done = call(judged, server.port, "--format", "json")
        assert done.code == 0, done.err
        planned, found = checked("export-netbox", dry.out), checked("export-netbox", done.out)
        assert (planned.changes, planned.written, found.written) == (found.changes, False, True)
        again = call(judged, server.port)
        assert (again.code, again.out) == (0, "")
        assert "0 values of 0 devices are written" in again.err
        assert len(written(server.asked)) == 1
    by_id = {row["id"]: row for row in rows}
    assert by_id[11]["custom_fields"] == THEIRS | {
        "licsweep_licenses": [{"license": "C9300 48P NW Advantage", "count": 1, "counted_as": "in_use"}],
        "licsweep_compliance_state": "report-overdue",
        "licsweep_deadline": "2026-05-20T00:00:00Z",
        "licsweep_last_read": "2026-05-01T08:00:00Z",
    }
    assert by_id[12]["custom_fields"]["licsweep_licenses"][0]["count"] == 2
    assert by_id[14]["custom_fields"]["licsweep_licenses"][0]["count"] == 3
    same = {"custom_fields"}
    assert all(
        {key: one[key] for key in one.keys() - same} == {key: old[key] for key in old.keys() - same}
        for one, old in zip(rows, before, strict=True)
    )
    assert [row for row in rows if row["id"] in (13, 15, 16, 17, 18)] == [
        row for row in before if row["id"] in (13, 15, 16, 17, 18)
    ]
    reasons = found.left_out
    assert sorted(reasons) == ["acc-04", "acc-05", "acc-06", "gone"]
    assert "another serial number: FOC0000X00Z" in reasons["acc-04"]
    assert "several devices" in reasons["acc-05"]
    assert "earlier export" in reasons["gone"]


def test_times_are_compared_and_not_their_text(judged: Path) -> None:
    rows = devices()[:1]
    with NetBox(rows, writable=()) as server:
        call(judged, server.port)
        rows[0]["custom_fields"]["licsweep_deadline"] = "2026-05-20T02:00:00+02:00"
        assert call(judged, server.port).out == ""
        rows[0]["custom_fields"]["licsweep_deadline"] = "2026-05-21"
        assert "licsweep_deadline" in call(judged, server.port).out


def test_missing_fields_are_made_only_when_asked_for(judged: Path) -> None:
    rows = [device(11, serial="FOC0000X001")]
    with NetBox(rows, writable=()) as server:
        done = call(judged, server.port)
        assert (done.code, "--make-fields" in done.err, written(server.asked)) == (2, True, [])
        assert call(judged, server.port, "--make-fields", "--dry-run").code == 0
        assert written(server.asked) == []
        assert call(judged, server.port, "--make-fields").code == 0
        made = json.loads(written(server.asked)[0].body)
    assert [(one["name"], one["type"], one["object_types"], one["ui_editable"]) for one in made] == [
        (name, kind, ["dcim.device"], "no")
        for name, kind in zip(OURS, ("json", "text", "datetime", "datetime"), strict=True)
    ]
    assert rows[0]["custom_fields"]["licsweep_compliance_state"] == "report-overdue"


def fails_at(number: int) -> Callable[[Asked, int], Says | None]:
    patches: list[Asked] = []

    def fault(asked: Asked, _: int) -> Says | None:
        patches.extend([asked] if asked.method == "PATCH" else [])
        return Says(500, {"detail": "down"}) if asked.method == "PATCH" and len(patches) == number else None

    return fault


@pytest.mark.parametrize(
    ("more", "code", "told"),
    [
        ({"writable": None}, "LS305", "may not do this"),
        ({"writable": (11,)}, "LS110", "1 of 2 devices were written"),
        ({"writable": (), "tokens": ()}, "LS304", "does not take the token"),
        ({"writable": (), "fault": fails_at(1)}, "LS308", "NetBox failed"),
        ({"rows": {"serial": 5}}, "LS307", "not as NetBox's API does"),
        ({"rows": {"custom_fields": None}}, "LS307", "not as NetBox's API does"),
    ],
)
def test_what_netbox_refuses_is_told(judged: Path, more: dict[str, Any], code: str, told: str) -> None:
    odd = more.pop("rows", {})
    rows = [row | odd for row in devices() if row["id"] in (11, 14)]
    with NetBox(rows, **more) as server:
        done = call(judged, server.port)
    assert (done.code, done.out) == (2, "")
    assert code in done.err
    assert told in done.err


def test_what_was_written_before_an_error_is_told(judged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row for row in devices() if row["id"] in (11, 14)]
    monkeypatch.setattr(export_netbox, "AT_ONCE", 1)
    monkeypatch.setenv("LICSWEEP_TOKEN", TOKEN)
    with NetBox(rows, writable=(), fault=fails_at(2)) as server:
        table = f'[export.netbox]\nurl = "https://127.0.0.1:{server.port}"\nca = "ca.pem"\n'
        (judged / "licsweep.toml").write_text(table)
        with pytest.raises(PartlyWritten, match="1 of 2 devices"):
            export_netbox.export_netbox(load(judged), dry_run=False, make_fields=False)
        assert rows[0]["custom_fields"]["licsweep_last_read"] is not None
        assert len(export_netbox.export_netbox(load(judged), dry_run=False, make_fields=False).changes) == 4


def test_a_server_that_nobody_vouches_for_gets_no_token(judged: Path) -> None:
    with NetBox(devices(), writable=()) as server:
        (judged / "licsweep.toml").write_text(f'[export.netbox]\nurl = "https://127.0.0.1:{server.port}"\n')
        done = licsweep("export", "netbox", "--project", judged, LICSWEEP_TOKEN=TOKEN)
        assert (done.code, "LS301" in done.err, server.asked) == (2, True, [])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no NetBox is named"),
        ('[export.netbox]\nurl = "http://127.0.0.1"\n', "licsweep.toml:2: url"),
        ('[export.netbox]\nurls = "x"\n', "licsweep.toml:2: export.netbox.urls: no such key"),
        ('[export.nautobot]\nurl = "x"\n', "export.nautobot: no such key"),
        ("[export]\nnetbox = 3\n", "licsweep.toml:2: export.netbox = 3"),
    ],
)
def test_a_wrong_table_is_named_with_its_line(judged: Path, text: str, told: str) -> None:
    (judged / "licsweep.toml").write_text(text)
    done = licsweep("export", "netbox", "--project", judged, LICSWEEP_TOKEN=TOKEN)
    assert done.code == 2
    assert told in done.err


def test_what_the_inventory_says_of_its_server_counts_for_no_other(tmp_path: Path) -> None:
    own = 'url = "https://netbox.example.net"\ncredentials = "netbox"\n'
    table = f'[credentials.netbox]\nfrom = ["environment"]\n[inventory]\nsource = "netbox"\n{own}'
    for more, given in (
        ("", {"url": "https://netbox.example.net", "credentials": "netbox"}),
        ('[export.netbox]\nurl = "https://other.example.net"\n', {"url": "https://other.example.net"}),
    ):
        (tmp_path / "licsweep.toml").write_text(table + more)
        assert export_netbox._given(load(tmp_path)) == given
    for url, credentials in (("https://netbox.example.net/", "netbox"), ("https://other.example.net", None)):
        assert named(load(tmp_path), f"netbox:{url}").inventory.get("credentials") == credentials
