"""The whole life of usage reports on the simulated IOS XE, its files and its SCP server, over real SSH; and the
simulated CSSM."""

import hashlib
import io
import re
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import paramiko
import pytest
import scp

from licsweep.errors import InputError
from licsweep.simulator.cssm import SimulatedCssm
from licsweep.simulator.device import Device
from licsweep.simulator.estate import SimulatedEstate

SAVE = "license smart save usage {} file flash:{}"


@pytest.fixture(scope="module")
def running() -> Iterator[SimulatedEstate]:
    with SimulatedEstate(devices=20) as estate:
        yield estate


class Console:
    """One device's console and SCP, with the `scp` package as an independent client."""

    def __init__(self, estate: SimulatedEstate, kind: str) -> None:
        self.estate = estate
        self.device: Device = next(one for one in estate.devices if one.kind == kind)

    def _client(self) -> paramiko.SSHClient:
        client = paramiko.SSHClient()
        client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
        client.connect(
            self.device.host,
            self.device.port,
            self.estate.username,
            self.estate.password,
            allow_agent=False,
            look_for_keys=False,
        )
        return client

    def type(self, *lines: str) -> str:
        """The answer to the last of these lines."""
        with self._client() as client:
            channel = client.invoke_shell(width=511)
            channel.settimeout(5)
            shown, prompt = "", f"{self.device.name}#"
            for line in ("", "terminal length 0", *lines):
                channel.sendall(f"{line}\n".encode())
                shown = ""
                while not (shown.endswith(prompt) and line in shown.replace("\r\n", "", 1)):
                    shown += channel.recv(65536).decode()
            return shown.partition(lines[-1])[2].removesuffix(prompt).replace("\r\n", "\n").strip("\n")

    def fetch(self, name: str, folder: Path) -> bytes:
        with self._client() as client, scp.SCPClient(client.get_transport()) as copier:
            copier.get(f"flash:{name}", str(folder / name))
        return (folder / name).read_bytes()

    def put(self, name: str, raw: bytes) -> None:
        with self._client() as client, scp.SCPClient(client.get_transport()) as copier:
            copier.putfo(io.BytesIO(raw), f"flash:{name}")

    def states(self) -> dict[str, str]:
        table = self.type("show license rum id all")
        return {row[0]: row[1] + row[2] for row in re.findall(r"^(\d+) +(\w+) +([NP])", table, re.MULTILINE)}

    def status(self, what: str) -> str:
        found = re.search(rf"{what}: (.*)", self.type("show license all"))
        assert found
        return found[1].strip()


def test_from_open_to_acknowledged_and_purged(running: SimulatedEstate, tmp_path: Path) -> None:
    box = Console(running, "slup")
    before, last_ack = box.states(), box.status("Last ACK received")
    assert set(before.values()) == {"ACKP", "ACKN", "OPENN"}
    assert box.status("Last report file write") == "<none>"
    assert box.type(SAVE.format("unreported", "licsweep_a")) == ""
    saved = {one for one, state in box.states().items() if state == "UNACKN"}
    assert len(saved) == 3  # two licenses and the telemetry
    assert box.states().keys() > before.keys()  # new ones were opened
    assert box.status("Last report file write") != "<none>"
    assert box.type(SAVE.format("unreported", "licsweep_b")) == "The requested item was not found"
    again = min(saved)
    assert box.type(SAVE.format(f"rum-Id {again}", "licsweep_c")) == ""
    assert box.type(SAVE.format("rum-id 17", "licsweep_d")) == "The requested item was not found"
    assert box.type(SAVE.format("days 40", "licsweep_e")) == ""
    raw = box.fetch("licsweep_a", tmp_path)
    assert box.type("verify /md5 flash:licsweep_a").endswith(hashlib.md5(raw).hexdigest())
    assert box.type("more flash:licsweep_a").replace("\r", "").strip() == raw.decode().strip()
    assert f"{len(raw)}" in box.type("dir flash:licsweep_a")
    assert raw.count(b"<RUMReport>") == len(saved)
    cssm = SimulatedCssm(running.devices[0].smart_account)
    name, ack = cssm.acknowledge("licsweep_a", raw)
    assert name == "ACK_licsweep_a"
    assert {number for _, number in cssm.accepted} == saved
    time.sleep(1)
    box.put("licsweep_ack", ack)
    assert box.type("license smart import flash:licsweep_ack") == "Import Data Successful"
    assert {box.states()[one] for one in saved} == {"ACKN"}
    assert {box.states()[one] for one, state in before.items() if state.startswith("ACK")} == {"ACKP"}
    assert box.status("Last ACK received") != last_ack
    assert "State: ACK," in box.type(f"show license rum id {again} detail")
    assert "Received on" in box.type("show license history message")
    assert box.type("license smart import flash:licsweep_ack") == "nonce failed to match"
    assert box.type("delete /force flash:licsweep_ack") == ""
    assert "No such file" in box.type("license smart import flash:licsweep_ack")


def test_wrong_files_are_refused(running: SimulatedEstate, tmp_path: Path) -> None:
    first, second = Console(running, "stack"), Console(running, "overdue")
    assert second.type(SAVE.format("all", "licsweep_u")) == ""
    raw = second.fetch("licsweep_u", tmp_path)
    own = SimulatedCssm(running.devices[0].smart_account).acknowledge("u", raw)[1]
    files = {
        "Product Instance identifier failed to match": (first, own),
        "Signature Verification failed": (second, SimulatedCssm("Another Company").acknowledge("u", raw)[1]),
        "message parsing error": (second, own[:-60]),
    }
    before = second.states()
    for answer, (box, content) in files.items():
        box.put("licsweep_x", content)
        assert box.type("license smart import flash:licsweep_x").endswith(answer)
    assert second.states() == before
    second.put("licsweep_x", b"<smartLicense><smartLicensePolicy>p</smartLicensePolicy></smartLicense>")
    assert second.type("license smart import flash:licsweep_x") == "Import Data Successful"


def test_a_changed_byte_is_refused_and_an_archive_comes_back_nested(running: SimulatedEstate, tmp_path: Path) -> None:
    box, cssm = Console(running, "due-soon"), SimulatedCssm("Example Networks")
    box.type(SAVE.format("all", "licsweep_n"))
    raw = box.fetch("licsweep_n", tmp_path)
    with pytest.raises(InputError, match="changed on its way"):
        cssm.acknowledge("n", raw.replace(b"end_time", b"end_tine"))
    with pytest.raises(InputError, match="no usage report"):
        cssm.acknowledge("n", b"<smartLicense></smartLicense>")
    inner, outer = io.BytesIO(), io.BytesIO()
    for made, name, content in ((inner, "dev_X_1.txt", raw), (outer, "UD_VA_1.tar.gz", None)):
        with tarfile.open(fileobj=made, mode="w:gz") as archive:
            member = tarfile.TarInfo(name)
            body = content or inner.getvalue()
            member.size = len(body)
            archive.addfile(member, io.BytesIO(body))
    name, given = cssm.acknowledge("UD_SA_1.tar.gz", outer.getvalue())
    assert name == "ACK_UD_SA_1.tar.gz"
    with tarfile.open(fileobj=io.BytesIO(given)) as archive:
        (member,) = archive.getmembers()
        assert member.name == "ACK_UD_VA_1.tar.gz"
        with tarfile.open(fileobj=archive.extractfile(member)) as nested:
            assert nested.getnames() == ["ACK_dev_X_1.txt"]


def test_troubles(running: SimulatedEstate, tmp_path: Path) -> None:
    box = Console(running, "never-reported")
    name = box.device.name
    running.change(name, "flash-full", "no-verify")
    assert "No space left" in box.type(SAVE.format("all", "licsweep_f"))
    with pytest.raises(scp.SCPException, match="No space left"):
        box.put("licsweep_f", b"x")
    assert "Invalid input" in box.type("verify /md5 flash:licsweep_f")
    for trouble, words in (("no-scp", "isabled"), ("scp-level", "rivilege")):
        running.change(name, trouble)
        with pytest.raises(scp.SCPException, match=words):
            box.put("licsweep_f", b"x")
    running.change(name, "level-1")
    assert box.type("show privilege").endswith("is 1")
    running.change(name, serial="FOC99999X99")
    assert "FOC99999X99" in box.type("show license all")
    assert box.type(SAVE.format("all", "licsweep_f")) == ""
    assert b"FOC99999X99" in box.fetch("licsweep_f", tmp_path)


def test_an_older_release_has_no_table_of_reports(running: SimulatedEstate, tmp_path: Path) -> None:
    box = Console(running, "slup-agent5.3")
    assert "Invalid input" in box.type("show license rum id all")
    box.type(SAVE.format("all", "licsweep_o"))
    raw = box.fetch("licsweep_o", tmp_path)
    assert b'\\"version\\":\\"2.0\\"' not in raw
    assert SimulatedCssm("Example Networks").acknowledge("o", raw)
