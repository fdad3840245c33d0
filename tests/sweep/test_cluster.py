"""Sweeps from several machines: a scheduler and its workers are real processes on loopback, with one PostgreSQL."""

import os
import re
import socket
import ssl
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
import yaml

from licsweep.access.accounts import PartOfAccounts
from licsweep.errors import ClusterUnreachable, InputError, LicsweepError, UsageError, WorkersUnfit
from licsweep.estate.selection import Selection
from licsweep.settings import Project, load
from licsweep.simulator.estate import SimulatedEstate
from licsweep.store import reading
from licsweep.sweep.plan import SweepPlan, SweepRequest, make_plan
from licsweep.version import VERSION
from tests.cli.conftest import licsweep
from tests.faults.conftest import PROGRAM, environment
from tests.postgres import Server

pytest.importorskip("distributed")

from licsweep.sweep import cluster
from licsweep.sweep.cluster import Cluster, connected
from licsweep.sweep.cluster_access import make_certificates, secured
from licsweep.sweep.cluster_worker import check_parts, resource

NORTH, SOUTH = 14, 2
SETTINGS = 'workers = 3\nstart_jitter = 0\nslow_start = 0\nmin_coverage = 0\nlockout_after = 0\ndatabase = "{}"\n'


class Programs:
    """What runs, each in a project folder as on a machine of its own, where the file `log` is what it says."""

    def __init__(self, folder: Path, level: str = "debug") -> None:
        self.folder, self.level = folder, level
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, project: Path, given: dict[str, str], *words: str) -> "subprocess.Popen[bytes]":
        with (project / "log").open("wb") as log:
            command = [*PROGRAM, *words, "--project", str(project), "--log-level", self.level]
            self.running.append(subprocess.Popen(command, env=given, stdout=log, stderr=log))
        return self.running[-1]

    def said(self, name: str, words: str) -> str:
        """The word that a program says behind these, when it says them."""
        ends = time.monotonic() + 90
        while not (found := re.search(rf"{words} (\S+)", text := (self.folder / name / "log").read_text())):
            assert time.monotonic() < ends, text
            time.sleep(0.02)
        return found[1]


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    made = Programs(tmp_path)
    yield made
    for one in made.running:
        one.kill()
        one.wait()


class Relay:
    """Passes on all that goes to a port and back, and keeps it."""

    def __init__(self, url: str) -> None:
        self.heard = bytearray()
        self._to = ("127.0.0.1", int(url.rpartition(":")[2]))
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"tcp://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=self._serve, args=self._listening.accept()[:1], daemon=True).start()

    def _serve(self, here: socket.socket) -> None:
        with here, suppress(OSError), socket.create_connection(self._to) as there:
            back = threading.Thread(target=self._pass, args=(there, here), daemon=True)
            back.start()
            self._pass(here, there)
            back.join()

    def _pass(self, here: socket.socket, there: socket.socket) -> None:
        with suppress(OSError):
            while data := here.recv(65536):
                self.heard += data
                there.sendall(data)
        for end in (here, there):  # so that the other direction ends as well
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


def machine(estate: SimulatedEstate, folder: Path, database: str) -> Path:
    """A project of the sound devices; most are reached from the north."""
    folder.mkdir()
    estate.write_project(folder)
    hosts = folder / "inventory/hosts.yaml"
    entries = yaml.safe_load(hosts.read_text())
    sound = [one.name for one in estate.devices if one.expected_outcome == "ok" and "jump" not in entries[one.name]]
    chosen = {name: entries[name] for name in sound[: NORTH + SOUTH]}
    assert len(chosen) == NORTH + SOUTH
    for number, entry in enumerate(chosen.values()):
        entry.setdefault("data", {})["collector"] = "north" if number < NORTH else "south"
    hosts.write_text(yaml.safe_dump(chosen))
    (folder / "licsweep.toml").write_text(SETTINGS.format(database))
    return folder


def test_a_worker_that_is_killed_loses_no_host_and_no_secret_passes_the_scheduler(
    programs: Programs, postgres_server: Server, tmp_path: Path
) -> None:
    database = postgres_server.emptied()
    with SimulatedEstate(24, latency_ms=40) as estate:
        for name in ("scheduler", "one", "two", "asks"):
            machine(estate, tmp_path / name, database)
        given = environment(estate)
        without = {name: value for name, value in given.items() if not name.startswith("LICSWEEP_")}
        programs.start(tmp_path / "scheduler", without, "cluster", "scheduler", "tcp://127.0.0.1:0")
        relay = Relay(programs.said("scheduler", "reach it at"))
        for name in ("one", "two"):
            programs.start(tmp_path / name, given, "cluster", "worker", relay.url, "--collector", "north")
        for name in ("one", "two"):
            programs.said(name, "is ready at")
        project = load(tmp_path / "asks", environment={})
        sweep = programs.start(tmp_path / "asks", without, "sweep", "--cluster", relay.url)
        wait_for(lambda: len(outcomes(project)) >= SOUTH + 3)
        programs.running[1].kill()
        told = (tmp_path / "asks/log").read_text
        assert sweep.wait(timeout=90) == 0, told()
        assert "a worker of collector north was lost" in told()
        hosts = tmp_path / "two/inventory/hosts.yaml"
        hosts.write_text("".join(hosts.read_text().partition("\nhq-")[:1]) + "\n")
        sweep = programs.start(tmp_path / "asks", without, "sweep", "--cluster", relay.url)
        assert sweep.wait(timeout=90) == 4, told()
        assert "can't do it: another inventory" in told()
    relay.close()
    kept = outcomes(project)
    assert Counter((status, reason) for status, reason in kept.values()) == {
        ("ok", None): NORTH,
        ("skipped", "collector south lost"): SOUTH,
    }
    with reading(project) as store:
        assert [one.outcomes for one in store.snapshots()] == [
            {"ok": NORTH, "skipped": SOUTH},
            {"skipped": NORTH + SOUTH},
        ]
        texts = [text.text for name in kept for text in store.captures(1, name)]
    lines = {line.strip().encode() for text in texts for line in text.splitlines() if len(line.strip()) >= 20}
    assert len(lines) > 100
    logs = b"".join(path.read_bytes() for path in tmp_path.glob("*/log"))
    asked = [name.encode() for name, (status, _) in kept.items() if status == "ok"]
    assert all(name in relay.heard for name in asked), "negative control: names do pass"
    for canary in (estate.password.encode(), estate.enable_secret.encode()):
        assert canary not in relay.heard + logs
    assert [line for line in lines if line in relay.heard] == []


def outcomes(project: Project, snapshot: int = 1) -> dict[str, Sequence[str | None]]:
    """Status and reason of each host that is stored."""
    with reading(project) as store:
        return {one.hostname: (one.status, one.reason) for one in store.outcomes(snapshot)}


def wait_for(true: Callable[[], object]) -> None:
    ends = time.monotonic() + 90
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.02)


def test_what_a_worker_that_has_ended_had_left_of_an_account_goes_to_the_others(
    programs: Programs, postgres_server: Server, tmp_path: Path
) -> None:
    """Two passwords may be without success: three workers are too many, and nothing is begun; of two each has one, and
    both are those of the second, whose password is wrong, when the first has ended."""
    database = postgres_server.emptied()
    with SimulatedEstate(24, latency_ms=5) as estate, socket.create_server(("127.0.0.1", 0)) as silent:
        first = {"hostname": "127.0.0.1", "port": silent.getsockname()[1], "platform": "cisco_xe", "data": {}}
        for name in ("scheduler", "north", "south", "three", "asks"):
            hosts = machine(estate, tmp_path / name, database) / "inventory/hosts.yaml"
            entries = {"a-silent": first} | dict(list(yaml.safe_load(hosts.read_text()).items())[:6])
            for number, entry in enumerate(entries.values()):
                entry["data"] = {"aaa_group": "emea", "collector": "north" if number in (1, 2, 3) else "south"}
            hosts.write_text(yaml.safe_dump(entries))
            settings = SETTINGS.replace("workers = 3", "workers = 1").replace("lockout_after = 0", "lockout_after = 3")
            (tmp_path / name / "licsweep.toml").write_text(settings.format(database))
        given = environment(estate)
        programs.start(tmp_path / "scheduler", given, "cluster", "scheduler", "tcp://127.0.0.1:0")
        url = programs.said("scheduler", "reach it at")
        for name in ("three", "north", "south"):
            own = given | ({"LICSWEEP_PASSWORD": "wrong"} if name == "south" else {})
            words = ("--collector", "south" if name == "south" else "north")
            programs.start(tmp_path / name, own, "cluster", "worker", url, *words)
        for name in ("three", "north", "south"):
            programs.said(name, "is ready at")
        project, told = load(tmp_path / "asks", environment={}), (tmp_path / "asks/log").read_text
        sweep = programs.start(tmp_path / "asks", given, "sweep", "--cluster", url)
        assert sweep.wait(timeout=90) == 2, told()
        assert "LS602" in told()
        assert f"account {estate.username}@emea: too many workers log in with it" in told()
        with reading(project) as store:
            assert store.snapshots() == []
        programs.running[1].terminate()
        assert programs.running[1].wait(timeout=10) == 130
        sweep = programs.start(tmp_path / "asks", given, "sweep", "--cluster", url)
        wait_for(lambda: len(outcomes(project)) == 3)
        wait_for(lambda: "another share of emea has ended" in (tmp_path / "south/log").read_text())
        silent.shutdown(socket.SHUT_RDWR)
        silent.close()
        assert sweep.wait(timeout=90) == 0, told()
    ended = Counter(status for status, _ in outcomes(project).values())
    assert ended["ok"] == 3
    assert ended["auth-failed"] == 2, outcomes(project)
    assert ended["skipped"] == 1


def test_a_scheduler_that_is_lost_loses_no_host_and_workers_that_are_started_again_go_on(
    programs: Programs, postgres_server: Server, tmp_path: Path
) -> None:
    database, programs.level = postgres_server.emptied(), "warning"
    with SimulatedEstate(24, latency_ms=100) as estate:
        for name in ("scheduler", "north", "asks"):
            machine(estate, tmp_path / name, database)
        given, url = environment(estate), "tcp://127.0.0.1:0"
        project, told = load(tmp_path / "asks", environment={}), (tmp_path / "asks/log").read_text
        for snapshot, lost in ((1, "scheduler"), (2, "north"), (3, "")):
            if lost != "":
                scheduler = programs.start(tmp_path / "scheduler", given, "cluster", "scheduler", url)
                url = programs.said("scheduler", "reach it at")
            worker = programs.start(tmp_path / "north", given, "cluster", "worker", url, "--collector", "north")
            programs.said("north", "is ready at")
            sweep = programs.start(tmp_path / "asks", given, "sweep", "--cluster", url)
            if lost:
                wait_for(lambda snapshot=snapshot: len(outcomes(project, snapshot)) > SOUTH + 3)
                (scheduler.kill if lost == "scheduler" else worker.terminate)()
            assert sweep.wait(timeout=90) == 0, told()
            kept = Counter(outcomes(project, snapshot).values())
            assert kept.pop(("skipped", "collector south lost"), 0) == SOUTH
            assert kept[("ok", None)] == NORTH if lost == "" else kept[("skipped", "collector north lost")]
            assert kept.total() == NORTH
            if lost:
                assert worker.wait(timeout=90) == (2 if lost == "scheduler" else 130)
                said = (tmp_path / "north/log").read_text()
                assert ("the scheduler has gone" in said) == (lost == "scheduler")
                assert "Traceback" not in said + told()


def asking(folder: Path, url: str) -> tuple[Project, SweepPlan]:
    """A project of one host and its plan, without any credential."""
    (folder / "inventory").mkdir(parents=True, exist_ok=True)
    (folder / "inventory/hosts.yaml").write_text("a: {hostname: 192.0.2.1, platform: cisco_xe}\n")
    project = load(folder, {"database": "postgresql://u@h/d"}, environment={})
    return project, make_plan(project, SweepRequest(selection=Selection(), cluster=url))


def refused(folder: Path, url: str) -> LicsweepError:
    """Why a sweep of that project gets no worker."""
    project, plan = asking(folder, url)
    with pytest.raises(LicsweepError) as caught, connected(project, plan, url):
        pass
    return caught.value


def test_only_certificates_of_its_authority_get_in(
    programs: Programs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1)
    for name in ("centre", "stranger"):
        (tmp_path / name).mkdir()
        done = licsweep("cluster", "certificates", "--project", tmp_path / name)
        assert done.code == 0, done.err
        assert [Path(line).name for line in done.out.split()] == ["ca.pem", "scheduler.pem", "worker.pem", "client.pem"]
    assert all(file.stat().st_mode & 0o077 == 0 for file in (tmp_path / "centre/certificates").iterdir())
    assert "LS109" in licsweep("cluster", "certificates", "--project", tmp_path / "centre").err, "none is replaced"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LICSWEEP_")}
    programs.start(tmp_path / "centre", clean, "cluster", "scheduler", "tls://127.0.0.1:0")
    url = programs.said("centre", "reach it at")
    assert isinstance(refused(tmp_path / "stranger", url), ClusterUnreachable)
    assert isinstance(refused(tmp_path / "centre", url), WorkersUnfit), "negative control: it is let in"
    assert isinstance(refused(tmp_path / "centre", url.replace("tls:", "tcp:")), ClusterUnreachable)


def test_who_only_sweeps_can_not_pose_as_a_scheduler(tmp_path: Path) -> None:
    make_certificates(tmp_path, 1)
    trusted = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
    trusted.check_hostname = False  # as Dask has it

    def shakes_hands(role: str) -> bool:
        serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        serving.load_cert_chain(tmp_path / f"{role}.pem")
        there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
        client, server = trusted.wrap_bio(back, there), serving.wrap_bio(there, back, server_side=True)
        for end in (client, server, client):
            with suppress(ssl.SSLWantReadError):
                end.do_handshake()
        return True

    assert shakes_hands("scheduler")
    assert shakes_hands("worker")
    with pytest.raises(ssl.SSLCertVerificationError):
        shakes_hands("client")


@pytest.mark.parametrize("url", ["tcp://0.0.0.0:8786", "tcp://192.0.2.1:8786", "tcp://example.net:8786"])
@pytest.mark.parametrize("role", ["scheduler", "worker", "client"])
def test_without_certificates_only_loopback(tmp_path: Path, url: str, role: str) -> None:
    project = load(tmp_path, environment={})
    with pytest.raises(UsageError, match="not encrypted"):
        secured(project, url, role)
    with pytest.raises(UsageError, match="no certificate"):
        secured(project, url.replace("tcp:", "tls:"), role)
    assert secured(project, "tcp://127.0.0.1:8786", role), "negative control"


def test_what_is_no_certificate_or_no_url_is_told(tmp_path: Path) -> None:
    project = load(tmp_path, environment={})
    make_certificates(tmp_path / "certificates", 1)
    assert secured(project, "tls://127.0.0.1:8786", "worker"), "negative control"
    make_certificates(tmp_path / "late/certificates", -1)
    with pytest.raises(InputError, match=r"worker\.pem: expired on 20"):
        secured(load(tmp_path / "late", environment={}), "tls://127.0.0.1:8786", "worker")
    (tmp_path / "certificates/worker.pem").write_text("-----BEGIN CERTIFICATE-----\n")
    with pytest.raises(InputError, match=r"worker\.pem: can't be used"):
        secured(project, "tls://127.0.0.1:8786", "worker")
    for url in ("127.0.0.1:8786", "tcp://127.0.0.1:99999", "https://127.0.0.1", "tls://"):
        with pytest.raises(UsageError, match="not a scheduler"):
            secured(project, url, "client")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        assert "LS601" in licsweep("cluster", "scheduler", url, "--project", tmp_path).err


def test_it_needs_postgresql(tmp_path: Path) -> None:
    project, plan = asking(tmp_path, "tcp://127.0.0.1:1")
    with pytest.raises(UsageError, match="needs PostgreSQL"), connected(load(tmp_path), plan, "tcp://127.0.0.1:1"):
        pass
    assert project.settings.database.startswith("postgresql")


class Told:
    """A scheduler that knows one worker."""

    def __init__(self, resource: str) -> None:
        self.resource = resource

    def run(self, *_: object, **__: object) -> dict[str, None]:
        return {}

    def subscribe_topic(self, *_: object) -> None: ...

    def scheduler_info(self, n_workers: int) -> dict[str, object]:
        return {"workers": {"tls://192.0.2.9:1": {"resources": {self.resource: 1.0}}}}


def test_a_worker_of_another_version_is_refused_with_both_versions(tmp_path: Path) -> None:
    _, plan = asking(tmp_path, "tcp://127.0.0.1:1")
    with pytest.raises(WorkersUnfit) as caught:
        Cluster(Told("licsweep 0.0.9 default"), plan)
    assert caught.value.why == f"it is licsweep 0.0.9, this is {VERSION}"
    with pytest.raises(WorkersUnfit, match="no worker"):
        Cluster(Told("licsweep 0.0.9 other"), plan)
    with pytest.raises(WorkersUnfit, match="no worker"):
        Cluster(Told("GPU"), plan)
    assert Cluster(Told(resource("default")), plan), "negative control"


def test_more_workers_than_an_account_allows_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asking(tmp_path, "tcp://127.0.0.1:1")
    monkeypatch.setenv("LICSWEEP_USERNAME", "reader")
    monkeypatch.setenv("LICSWEEP_PASSWORD", "canary-password")
    plan = make_plan(load(tmp_path, {"lockout_after": 4}, environment={}), SweepRequest(selection=Selection()))
    check_parts(plan, PartOfAccounts(plan.gate.over, {"default": 3}))
    with pytest.raises(WorkersUnfit, match="account reader@default: too many workers log in with it"):
        check_parts(plan, PartOfAccounts(plan.gate.over, {"default": 4}))
