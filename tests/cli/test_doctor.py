"""`licsweep doctor`: one project in which all is well, and what each fault of it is told as."""

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import paramiko
import pytest
import yaml

from licsweep.cli.explain import entries
from licsweep.errors import UsageError
from licsweep.estate.selection import Selection
from licsweep.jobs import doctor
from licsweep.settings import load
from tests.cli.conftest import Done, licsweep
from tests.store.conftest import NOW, save, writing

SECRET = "doctor-canary-word"
WORDS = {"LICSWEEP_USERNAME": "reader", "LICSWEEP_PASSWORD": SECRET}


@pytest.fixture
def device() -> Iterator[socket.socket]:
    """A port that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


@pytest.fixture
def project(tmp_path: Path, device: socket.socket) -> Path:
    """A project of one host, for which everything is set up."""
    port = device.getsockname()[1]
    (tmp_path / "inventory").mkdir()
    hosts(tmp_path, {"acc-01": {"hostname": "127.0.0.1", "port": port, "platform": "cisco_xe"}})
    key = paramiko.ECDSAKey.generate()
    (tmp_path / "known_hosts").write_text(f"[127.0.0.1]:{port} {key.get_name()} {key.get_base64()}\n")
    (tmp_path / "licsweep.toml").write_text('credentials = "environment"\nconnect_timeout = 0.5\n')
    tmp_path.chmod(0o700)
    return tmp_path


def hosts(folder: Path, entries: dict[str, dict[str, object]]) -> None:
    (folder / "inventory" / "hosts.yaml").write_text(yaml.safe_dump(entries))


def examined(project: Path, *options: str, **environment: str) -> tuple[Done, dict[str, dict[str, str]]]:
    """The call, and the worst row of each check."""
    done = licsweep("doctor", "--format", "json", "--project", project, *options, **(environment or WORDS))
    order = ("ok", "unchecked", "warning", "error")
    rows = sorted(json.loads(done.out)["data"], key=lambda row: order.index(row["state"]))
    return done, {row["check"]: row for row in rows}


def test_all_is_well_and_nobody_is_logged_in_to(project: Path, device: socket.socket) -> None:
    done, rows = examined(project)
    assert (done.code, {row["state"] for row in rows.values()}) == (0, {"ok"}), done.out
    assert set(rows) == set(doctor.CHECKS) - {"jump-hosts"}
    assert "from environment" in rows["credentials"]["what"]
    accepted, _ = device.accept()
    with accepted:
        assert accepted.recv(100) == b""
    device.setblocking(False)
    with pytest.raises(BlockingIOError):
        device.accept()
    assert SECRET not in done.out + done.err


def _silent(project: Path) -> None:
    hosts(project, {"acc-01": {"hostname": "127.0.0.1", "port": 9, "platform": "cisco_xe"}})


def _behind(project: Path) -> None:
    there = yaml.safe_load((project / "inventory" / "hosts.yaml").read_text())["acc-01"]
    hosts(
        project,
        {
            "jump-01": {"hostname": "127.0.0.1", "port": 9, "platform": "cisco_xe", "data": {"jump_host": True}},
            "acc-01": there | {"data": {"jump": "jump-01"}},
        },
    )


def _ahead(project: Path) -> None:
    with writing(load(project), "test") as store:
        save(store, "acc-01", NOW.replace(year=2999))


def _old_tables(project: Path) -> None:
    (project / "licsweep.db").write_bytes(b"no database" * 100)


def _settings(text: str) -> Callable[[Path], object]:
    return lambda project: (project / "licsweep.toml").write_text(text)


FAULTS = {
    "settings": (_settings("workers = 0\n"), 2, "settings", "error", "workers = 0"),
    "what rests on it": (_settings("workers = 0\n"), 2, "credentials", "unchecked", "rests on: inventory"),
    "inventory": (
        lambda project: (project / "inventory" / "hosts.yaml").write_text("acc-01: [\n"),
        *(2, "inventory", "error", "hosts.yaml"),
    ),
    "platform": (
        lambda project: hosts(project, {"acc-01": {"hostname": "127.0.0.1", "platform": "toaster"}}),
        *(2, "inventory", "error", "toaster"),
    ),
    "no credentials": (_settings('credentials = "file"\n'), 2, "credentials", "error", "no file is named"),
    "only asked for": (_settings('credentials = "prompt"\n'), 1, "credentials", "warning", "where there is a terminal"),
    "no known key": (lambda project: (project / "known_hosts").unlink(), 2, "known-hosts", "error", "of acc-01"),
    "all silent": (_silent, 2, "reachability", "error", "1 of 1 take no TCP connection: acc-01"),
    "jump host": (_behind, 2, "jump-hosts", "error", "jump-01"),
    "behind it": (_behind, 2, "reachability", "unchecked", "behind a jump host (1)"),
    "clock": (_ahead, 1, "clock", "warning", "1 results are dated later"),
    "database": (_old_tables, 2, "database", "error", "LS106"),
    "permissions": (lambda project: project.chmod(0o777), 1, "permissions", "warning", "everybody may change it"),
}


@pytest.mark.parametrize(
    ("variable", "state", "told"),
    [
        ("LICSWEEP_WORKER", "warning", "did you mean LICSWEEP_WORKERS?"),
        ("LICSWEEP_CREDENTIALS_EMEA_TOKEN", "warning", "read by nothing"),  # a set that licsweep.toml does not have
        ("LICSWEEP_WORKERS", "ok", ""),
        ("LICSWEEP_JUMP_PASSWORD", "ok", ""),
    ],
)
def test_a_variable_that_nothing_reads_is_told(project: Path, variable: str, state: str, told: str) -> None:
    _, rows = examined(project, **WORDS, **{variable: "5"})
    assert (rows["settings"]["state"], told in rows["settings"]["what"]) == (state, True), rows


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told(project: Path, fault: str) -> None:
    spoil, code, check, state, told = FAULTS[fault]
    spoil(project)  # type: ignore[operator]
    done, rows = examined(project)
    assert (done.code, rows[check]["state"]) == (code, state), rows
    assert told in rows[check]["what"]
    assert SECRET not in done.out + done.err


def test_of_many_hosts_a_sample_is_tried(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = yaml.safe_load((project / "inventory" / "hosts.yaml").read_text())["acc-01"]
    hosts(project, {f"acc-{n:02}": there | {"hostname": f"127.0.0.{n}"} for n in range(1, 8)})
    monkeypatch.setattr(doctor, "MOST_DIALED", 3)
    rows = doctor.examine(lambda: load(project, environment={}), Selection())
    told = [row.what for row in rows if row.check == "reachability"]
    assert told[0].startswith("2 of 3 take no TCP connection: acc-04: ")
    assert told[1].startswith("4 not tried")


def test_what_never_answers_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    never = Event()
    monkeypatch.setattr(doctor, "SECONDS", 0.01)
    monkeypatch.setattr(doctor, "CHECKS", {"agent": (lambda _: never.wait(60) and iter(()), "")})
    (row,) = doctor.examine(lambda: load(Path()), Selection())
    never.set()
    assert (row.check, row.state, row.what) == ("agent", "error", "no answer within 0.01 s")


def test_versions_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_project() -> object:
        raise UsageError("no project")

    installed = doctor.versions() | {"rich": "1.0", "keyring": "1.0"}
    del installed["xlsxwriter"], installed["asyncssh"]
    monkeypatch.setattr(doctor, "versions", lambda: installed)
    rows = doctor.examine(no_project, Selection())  # type: ignore[arg-type]
    told = {row.what.split(" ")[0]: row.state for row in rows if row.check == "packages"}
    assert told == {"rich": "error", "xlsxwriter": "error", "keyring": "warning", "12": "ok"}
    assert any("not installed: demo" in row.what for row in rows)


def test_each_check_is_explained() -> None:
    assert [names for group, names, _ in entries() if group == "doctor check"] == [(name,) for name in doctor.CHECKS]


@pytest.mark.parametrize(("named", "code"), [("cisco_xe, cisco_nxos", 0), ("cisco_xe, cisco_nxso", 2)])
def test_a_platform_that_is_typed_ahead_to_is_known(project: Path, named: str, code: int) -> None:
    with (project / "licsweep.toml").open("a") as settings:
        settings.write(f'type_ahead = "{named}"\n')
    done = licsweep("sweep", "--dry-run", "--project", project, **WORDS)
    assert (done.code, "did you mean cisco_nxos?" in done.err) == (code, bool(code)), done.err
    assert done.code == 0 or "licsweep.toml:3: type_ahead" in done.err
