"""The courier on simulated devices, over real SSH and SCP: what it brings, what it refuses, what it says."""

import json
from pathlib import Path

import pytest

from licsweep.courier.contents import Contents
from licsweep.errors import NothingToCarry
from licsweep.estate.credentials import Credentials, Secret
from licsweep.estate.selection import Selection
from licsweep.jobs import courier_visits
from licsweep.settings import DEFAULT_SET, load
from licsweep.simulator.cssm import SimulatedCssm
from licsweep.store import reading
from licsweep.visits.answers import meaning
from licsweep.visits.collect import CollectOptions
from tests.courier.making import made_project, observation
from tests.visits.conftest import Site, states


def test_a_look_before_the_trip(site: Site) -> None:
    names = {
        kind: site.of(kind).name for kind in ("slup", "stack", "slup-agent5.3", "cslu", "proxy", "nxos10", "classic")
    }
    site.sweep(*names.values())
    site.estate.change(names["stack"], "no-scp", "no-verify")
    site.estate.change(names["cslu"], "scp-level", "flash-full")
    site.estate.change(names["proxy"], "level-1")
    rows = site.check(*names.values())
    for name in names.values():
        if "leaf" not in name:
            site.estate.change(name) if name != names["classic"] else None
    good = rows[names["slup"]]
    assert (good.ready, good.lacks, good.enter, good.verifies) == (True, (), (), True)
    assert good.rum_forms == ("show license rum id all", "show license history message")
    assert rows[names["slup-agent5.3"]].rum_forms == ("show license history message",)
    assert rows[names["stack"]].enter == ("ip scp server enable",)
    assert rows[names["stack"]].verifies is False
    assert [word[:3] for word in rows[names["cslu"]].lacks] == ["SCP", "les"]
    assert "privilege level" in rows[names["proxy"]].lacks[1]
    assert "left out" in (rows[names["nxos10"]].why or "")
    assert "collect --from" in (rows[names["nxos10"]].why or "")
    assert rows[names["classic"]].ready is None
    assert "license smart" not in site.audit()


def test_the_loop_of_one_device(site: Site) -> None:
    name = site.of("due-soon").name
    site.sweep(name)
    (taken,) = site.collect(name)
    assert (taken.state, taken.hostname) == ("new", name)
    assert taken.reports > taken.telemetry > 0
    raw = Contents(site.folder).read(taken.sha256 or "")
    with reading(site.project) as store:
        file = store.courier_ledger().files[taken.sha256 or ""]
    assert file.origin == "fetched by SCP; verify /md5 of the device agrees"
    assert states(site.collect(name)) == ["nothing-to-report"]
    assert states(site.carry()) == ["new"]
    (packed,) = (site.folder / "courier" / "parcels").glob("*/upload/*")
    assert packed.read_bytes() == raw
    (done,) = site.deliver(name)
    assert (done.state, done.answer) == ("delivered", "Import Data Successful")
    with pytest.raises(NothingToCarry):
        site.deliver(name)
    (repeated,) = site.deliver(name, again=True)
    assert (repeated.state, repeated.answer) == ("already", "the device shows its reports as acknowledged")
    lines = [json.loads(line) for line in site.audit().splitlines()]
    assert {line["by"] for line in lines} == {"Eva"}
    assert [line["sent"] for line in lines if line.get("sent", "").startswith("license smart import")] == [
        f"license smart import flash:licsweep_ack_{done.sha256[:16]}.txt"
    ]
    assert site.estate.password not in site.audit()


@pytest.mark.parametrize(
    ("troubles", "origin"),
    [
        (("no-scp",), "read with more; verify /md5 of the device agrees"),
        (("scp-level",), "read with more; verify /md5 of the device agrees"),
        (("no-verify",), "fetched by SCP; the device has no verify /md5"),
        (("no-scp", "no-verify"), "unverified: read with more, only its size agrees"),
    ],
)
def test_what_proves_the_bytes(site: Site, troubles: tuple[str, ...], origin: str) -> None:
    name = site.of("stack").name  # it prints the time before each answer
    site.sweep(name)
    site.estate.change(name, *troubles)
    (taken,) = site.collect(name, what="all", remove=True)
    site.estate.change(name)
    with reading(site.project) as store:
        assert store.courier_ledger().files[taken.sha256 or ""].origin == origin
    assert (taken.why is not None) == origin.startswith("unverified")
    assert "delete /force flash:licsweep_" in site.audit()


def test_the_devices_own_words(site: Site) -> None:
    name = site.of("overdue").name
    site.sweep(name)
    site.estate.change(name, "flash-full")
    (refused,) = site.collect(name)
    assert "No space left on device" in (refused.why or "")
    assert "free space" in (refused.why or "")
    site.estate.change(name)
    rows = site.collect(name)  # the reports were saved, their file was not: by their ids
    assert set(states(rows)) == {"new"}
    assert len(rows) > 1
    site.carry(lambda _, raw: raw.replace(b"report_ids", b"report_idz"))
    delivered = site.deliver(name)
    assert set(states(delivered)) == {"refused"}
    assert {row.answer for row in delivered} == {"message parsing error"}
    assert all("damaged" in (row.means or "") for row in delivered)
    site.estate.change(name, "no-scp")
    assert all("not copied" in (row.answer or "") for row in site.deliver(name))
    site.estate.change(name)


def test_another_box_gets_nothing(site: Site) -> None:
    name = site.of("never-reported").name
    site.sweep(name)
    site.collect(name)
    site.carry()
    site.estate.change(name, serial="FOC99999Z99")
    (row,) = site.deliver(name)
    assert (row.state, "another box" in (row.answer or "")) == ("refused", True)
    (collected,) = site.collect(name)
    assert "another box" in (collected.why or "")
    site.sweep(name)  # now it is known, and the old ACK still has no place there
    (row,) = site.deliver(name)
    assert (row.state, "which is not there" in (row.answer or "")) == ("refused", True)
    assert "license smart import" not in site.audit()
    site.collect(name)  # the new box reports, and the old ACK does not stand in its way
    site.carry()
    assert sorted(states(site.deliver(name))) == ["delivered", "refused"]


def test_what_has_no_ack_is_saved_again_when_asked(site: Site) -> None:
    name = site.of("slup").name
    site.sweep(name)
    site.collect(name, what="all")
    waiting = {row.sha256 for row in site.collect(name, again=True)}
    assert len(waiting) > 1  # one file a report
    site.carry()
    assert set(states(site.deliver(name))) <= {"delivered", "already"}  # one file acknowledges what others did, too
    assert states(site.collect(name, again=True)) == ["nothing-to-report"]


def test_what_an_earlier_run_left_is_fetched_first(site: Site) -> None:
    old = site.of("slup-agent5.3")
    site.sweep(old.name)
    (first,) = site.collect(old.name)
    other = Site(site.estate, site.folder.with_name("another"))
    other.sweep(old.name)
    rows = other.collect(old.name)  # the release shows no table of reports: only the file tells
    assert [row.sha256 for row in rows] == [first.sha256]


def test_policies_travel_the_same_road(site: Site, tmp_path: Path) -> None:
    from licsweep.jobs import courier_back

    name = site.of("stack").name
    site.sweep(name)
    file = tmp_path / "policy.txt"
    file.write_text("<smartLicense><smartLicensePolicy>opaque</smartLicensePolicy></smartLicense>")
    courier_back.unpack(site.project, [file], name)
    (done,) = site.deliver(name)
    assert (done.kind, done.state) == ("policy", "delivered")


def test_an_ack_of_another_account_is_told(site: Site) -> None:
    name = site.of("transport-off").name
    site.sweep(name)
    site.collect(name)
    site.cssm = SimulatedCssm("Another Company")
    site.carry()
    (row,) = site.deliver(name)
    assert (row.state, row.answer) == ("refused", "Signature Verification failed")
    assert "another smart account" in (row.means or "")


def test_damage_on_the_way_is_never_kept(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from licsweep.access.file_copy import FileCopy

    name = site.of("slup").name
    site.sweep(name)
    fetched = FileCopy.fetch
    monkeypatch.setattr(FileCopy, "fetch", lambda self, path: fetched(self, path).replace(b"COUNT", b"COUNS"))
    (row,) = site.collect(name, what="all")
    assert "the copy is not the file" in (row.why or "")
    with reading(site.project) as store:
        assert not store.courier_ledger().files
    monkeypatch.undo()
    assert "new" in states(site.collect(name, what="all"))


def test_who_is_left_out_and_why(tmp_path: Path) -> None:
    project = made_project(
        tmp_path / "project", observation(1, operating_mode="controller-managed"), observation(2), observation(3)
    )
    hosts = {
        "acc-01": {"hostname": "192.0.2.1", "platform": "cisco_xe"},
        "acc-02": {"hostname": "192.0.2.2", "platform": "cisco_xe"},
        "leaf-01": {"hostname": "192.0.2.3", "platform": "cisco_nxos"},
        "pe-01": {"hostname": "192.0.2.4", "platform": "cisco_xr"},
        "new-01": {"hostname": "192.0.2.5", "platform": "auto"},
    }
    (project.folder / "inventory").mkdir(exist_ok=True)
    (project.folder / "inventory" / "hosts.yaml").write_text(json.dumps(hosts))
    word = Credentials(username="eva", password=Secret("x"), source="test")
    trip = courier_visits.prepare(load(project.folder, environment={}), Selection(), "Eva", {DEFAULT_SET: word})
    assert [target.name for target in trip.plan.targets] == ["acc-02"]
    assert "offline mode of its own" in trip.left_out["acc-01"]
    for name in ("leaf-01", "pe-01"):
        assert "not proven" in trip.left_out[name]
        assert "collect --from" in trip.left_out[name]
    assert "licsweep sweep" in trip.left_out["new-01"]
    told = courier_visits.collect_lines(trip, CollectOptions())
    assert told[-2:] == [
        "license smart save usage unreported file FS:licsweep_SERIAL_TIME.txt",
        "and each file is fetched by SCP, on: acc-02",
    ]


def test_answers_have_meanings() -> None:
    assert "another product instance" in (meaning("Product Instance identifier failed to match\n") or "")
    assert "nothing to report" in (meaning("The requested item was not found") or "")
    assert meaning("Smart Agent not enabled") is None  # known, and the words say it
    assert meaning("a word that nobody knows") is None
