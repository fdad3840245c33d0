"""NetBox as a source, against a server that answers as its API does: what is taken and left out, and its faults."""

import json
import re
import socket
import textwrap
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from licsweep import errors
from licsweep.errors import InputError, InventoryError, LicsweepError
from licsweep.estate import inventory, netbox_api, netbox_source
from licsweep.estate.inventory import Inventory
from licsweep.jobs.init import write_project
from licsweep.settings import load
from tests.fakes.https_server import AUTHORITY, HttpsServer, Says
from tests.fakes.netbox import DEVICES, OLD_TOKEN, TOKEN, NetBox, device

pytest.importorskip("pynetbox")


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LICSWEEP_CREDENTIALS_NETBOX_TOKEN", TOKEN)
    monkeypatch.setenv("HTTPS_PROXY", "http://192.0.2.99:1")  # nothing of the environment counts


def taken(folder: Path, server: HttpsServer, settings: str = "", top: str = "retries = 0") -> Inventory:
    (folder / "ca.pem").write_text(AUTHORITY.pem)
    (folder / "licsweep.toml").write_text(
        f'{top}\n[credentials.netbox]\nfrom = ["environment"]\n[inventory]\nsource = "netbox"\n'
        f'url = "https://127.0.0.1:{server.port}"\nca = "ca.pem"\ncredentials = "netbox"\n{settings}'
    )
    return inventory.load(load(folder, environment={}))


def chassis(number: int, master: int | None) -> dict[str, Any]:
    member = master and {"id": master, "url": f"https://x{DEVICES}{master}/", "name": f"sw-{master:04}"}
    return {
        "id": number,
        "url": f"https://x/api/dcim/virtual-chassis/{number}/",
        "name": f"stack-{number}",
        "master": member,
    }


def test_devices_become_hosts_and_a_virtual_chassis_is_one(tmp_path: Path) -> None:
    devices = [
        device(1),
        device(2, virtual_chassis=chassis(1, 2)),
        device(3, virtual_chassis=chassis(1, 2), primary_ip=None),
        device(4, virtual_chassis=chassis(2, None)),
        device(5, virtual_chassis=chassis(3, 99)),
        device(6, name=None),
        device(7, primary_ip=None),
        device(8, status={"value": "planned", "label": "Planned"}),
        device(9, platform={"id": 2, "url": "https://x/p/2/", "slug": "toaster"}),
        device(10, platform=None),
        device(11, platform={"id": 3, "url": "https://x/p/3/", "slug": "cat-9k"}, tenant=None),
        device(12, name="sw\x1b[31m"),
    ]
    machines = [device(1, name="cat8kv-1", role=None)]
    settings = 'virtual_machines = {site = "berlin"}\nplatforms = {cat-9k = "cisco_xe"}\n'
    settings += (
        'map = {virtual_account = "custom_fields.cssm_virtual_account", contract = "custom_fields.contract.name"}\n'
    )
    with NetBox(devices, machines) as server:
        found = taken(tmp_path, server, settings)
    assert {name: (one.address, one.platform, one.groups) for name, one in found.targets.items()} == {
        "sw-0001": ("192.0.2.1", "cisco_xe", ("licensed",)),
        "stack-1": ("192.0.2.2", "cisco_xe", ("licensed",)),
        "sw-0011": ("192.0.2.11", "cisco_xe", ("licensed",)),
        "cat8kv-1": ("192.0.2.1", "cisco_xe", ("licensed",)),
    }
    assert dict(found.targets["sw-0001"].data) == {
        "site": "berlin", "tenant": "example", "role": "access", "virtual_account": "Campus", "contract": "EA",
    }  # fmt: skip
    assert found.left_out == {
        "sw-0003": "member of virtual chassis stack-1, which is one host",
        "sw-0004": "member of virtual chassis stack-2, which has no master",
        "sw-0005": "member of virtual chassis stack-3, whose master is not among the devices that NetBox gives",
        "no name (NetBox device 6)": "it has no name",
        "sw-0007": "no address (primary_ip.address)",
        "sw-0008": "status planned",
        "sw-0009": "platform toaster: unknown; add it to [inventory.platforms] of licsweep.toml",
        "sw-0010": "no platform in netbox, groups.yaml or defaults.yaml",
        "sw\ufffd[31m": "its name is too long or holds what can't be shown",
    }


def test_five_thousand_devices_come_in_pages_and_next_is_not_followed(tmp_path: Path) -> None:
    devices = [device(number) for number in range(1, 5001)]
    with NetBox(devices, max_page=250) as server:
        assert len(taken(tmp_path, server).targets) == 5000
    assert [int(asked.query["offset"]) for asked in server.asked] == list(range(0, 5000, 250))
    assert {asked.method for asked in server.asked} == {"GET"}


@pytest.mark.parametrize(("words", "sent"), [(OLD_TOKEN, "Token "), (f"Bearer {TOKEN}\n", "Bearer nbt_")])
def test_tokens_of_both_versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, sent: str) -> None:
    monkeypatch.setenv("LICSWEEP_CREDENTIALS_NETBOX_TOKEN", words)
    with NetBox([device(1)]) as server:
        assert taken(tmp_path, server).targets
    assert {k.lower(): v for k, v in server.asked[0].headers.items()}["authorization"].startswith(sent)


def test_filters(tmp_path: Path) -> None:
    paris = {"id": 2, "url": "https://x/s/2/", "name": "Paris", "slug": "paris"}
    staged = {"value": "staged", "label": "Staged"}
    with NetBox([device(1), device(2, site=paris), device(3, site=paris, status=staged)]) as server:
        assert list(taken(tmp_path, server, 'filters = {site = "paris"}\n').targets) == ["sw-0002"]
        found = taken(tmp_path, server, 'filters = {status = "staged"}\n')
        assert list(found.targets) == ["sw-0003"]
        assert found.notes == ()
        (note,) = taken(tmp_path, server, 'filters = {sites = "paris"}\n').notes
    assert "the filters leave no device out" in note


def drip(stream: Any) -> None:
    stream.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{")


DENIED = {"detail": "You do not have permission to perform this action."}
TWICE = [device(1), device(2, name="sw-0001")]


@pytest.mark.parametrize(
    ("first", "later", "error", "told"),
    [
        (Says(403, DENIED), None, errors.RoleTooSmall, "permission to perform this action"),
        (Says(403, {"detail": "Token expired"}), None, errors.TokenRefused, "Token expired"),
        (Says(403, f"Invalid token {TOKEN}"), None, errors.TokenRefused, "Invalid token <removed>"),
        (Says(500, f"no row for {TOKEN[17:]}"), None, errors.ServerFailed, "no row for <removed>"),
        (Says(200, {"count": 1, "results": [device(1, tags=5)]}), None, errors.NoRestAnswer, "not as NetBox's API"),
        (Says(404, "<html>"), None, errors.PathUnknown, "no NetBox API is there"),
        (Says(302, "", {"Location": "https://elsewhere.example.net/"}), None, errors.NoRestAnswer, "redirect"),
        (Says(200, "<html>login</html>"), None, errors.NoRestAnswer, "not as NetBox's API"),
        (Says(200, {"results": 1}), None, errors.NoRestAnswer, "not as NetBox's API"),
        (Says(200, {"count": 0, "next": None, "results": []}), None, InventoryError, "gives no host"),
        (None, Says(502, "bad gateway"), errors.ServerFailed, "nothing is taken"),
        (None, Says(429, ""), errors.TooManyRequests, "fewer requests"),
        (None, Says(raw=lambda stream: None), errors.Unreachable, "it ended before an answer came"),
        (None, Says(raw=drip), errors.AnswerCut, "ended before the answer did"),
        (None, Says(200, {"count": 3, "next": None, "results": []}), InventoryError, "changed while they were read"),
        (None, Says(200, {"count": 4, "next": None, "results": [device(1)]}), InventoryError, "2 of 4 came in 3 rows"),
    ],
)  # fmt: skip
def test_faults_take_nothing(
    tmp_path: Path, first: Says | None, later: Says | None, error: type[LicsweepError], told: str
) -> None:
    with (
        NetBox(
            [device(1), device(2), device(3)], max_page=2, fault=lambda _, number: first if number == 1 else later
        ) as server,
        pytest.raises(error) as caught,
    ):
        taken(tmp_path, server)
    text = f"{caught.value.what} {caught.value.why} {caught.value.hint}"
    assert told in text
    assert TOKEN[17:] not in text


def test_an_answer_in_chunks(tmp_path: Path) -> None:
    body = json.dumps({"count": 1, "next": None, "previous": None, "results": [device(1)]}).encode()

    def chunked(stream: Any) -> None:
        stream.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        for part in (body[:100], body[100:]):
            stream.write(b"%x\r\n%s\r\n" % (len(part), part))
        stream.write(b"0\r\n\r\n")

    with NetBox([], fault=lambda *_: Says(raw=chunked)) as server:
        assert list(taken(tmp_path, server).targets) == ["sw-0001"]


def test_a_busy_server_is_asked_again(tmp_path: Path) -> None:
    with NetBox([device(1)], fault=lambda _, number: Says(503, "") if number == 1 else None) as server:
        assert taken(tmp_path, server, top="retries = 1").targets


@pytest.mark.parametrize(
    ("settings", "server", "error", "told"),
    [
        ('filters = {site = "nowhere"}\n', {}, InputError, "Select a valid choice"),
        ("", {"tokens": ()}, errors.TokenRefused, "Invalid v2 token"),
        ("", {"named": "127.0.0.9"}, errors.CertificateUnknown, "not trusted"),
        ("", {"age": timedelta(days=9)}, errors.CertificateUnknown, "certificate has expired"),
    ],
)
def test_what_is_refused(
    tmp_path: Path, settings: str, server: dict[str, Any], error: type[LicsweepError], told: str
) -> None:
    with NetBox([device(1)], **server) as netbox, pytest.raises(error) as caught:
        taken(tmp_path, netbox, settings)
    assert told in f"{caught.value.what} {caught.value.why}"


def test_an_authority_that_nobody_trusts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LICSWEEP_TOKEN", TOKEN)
    with NetBox([device(1)]) as server:
        text = f'retries = 0\n[inventory]\nsource = "netbox"\nurl = "https://127.0.0.1:{server.port}"\n'
        (tmp_path / "licsweep.toml").write_text(text)
        with pytest.raises(errors.CertificateUnknown) as caught:
            inventory.load(load(tmp_path, environment={}))
    assert "ca =" in caught.value.hint


def test_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(netbox_api, "MAX_PAGE_BYTES", 1000)
    with NetBox([device(1), device(2)]) as server, pytest.raises(errors.AnswerCut, match="too large"):
        taken(tmp_path, server)
    monkeypatch.setattr(netbox_api, "MAX_PAGE_BYTES", 10**6)
    monkeypatch.setattr(netbox_api, "MAX_SECONDS", -1)
    with NetBox([device(1)]) as server, pytest.raises(errors.AnswerCut, match="takes too long"):
        taken(tmp_path, server)
    monkeypatch.setattr(netbox_api, "MAX_SECONDS", 60)
    over = threading.Event()

    def slow(stream: Any) -> None:
        stream.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
        while not over.wait(0.05):
            stream.write(b" ")

    top = "retries = 0\ncommand_timeout = 0.3"
    with NetBox([], fault=lambda *_: Says(raw=slow)) as server, pytest.raises(errors.AnswerCut, match="takes too long"):
        taken(tmp_path, server, top=top)
    over.set()
    with (
        NetBox(TWICE) as server,
        pytest.raises(InventoryError, match="device 2: sw-0001: stands at NetBox device 1 too"),
    ):
        taken(tmp_path, server)
    monkeypatch.delenv("LICSWEEP_CREDENTIALS_NETBOX_TOKEN")
    with NetBox(TWICE) as server, pytest.raises(errors.CredentialError, match="no token: credential set netbox"):
        taken(tmp_path, server)


def test_the_page_about_netbox(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "netbox.md").read_text()
    text = textwrap.dedent(re.search(r"(?:^ {7}.*\n|^\n)+", page[page.index("       [inventory]") :], re.MULTILINE)[0])  # type: ignore[index]
    (tmp_path / "example-ca.pem").write_text(AUTHORITY.pem)
    fields = {"cssm_virtual_account": "Campus", "timezone": "Europe/Berlin"}
    platform = {"id": 1, "url": "https://x/p/1/", "slug": "cat9k-iosxe"}
    with NetBox([device(1, custom_fields=fields, platform=platform)]) as server:
        address = f"https://127.0.0.1:{server.port}"
        (tmp_path / "licsweep.toml").write_text(text.replace("https://netbox.example.net", address))
        (switch,) = inventory.load(load(tmp_path, environment={})).targets.values()
    assert (switch.platform, switch.timezone, switch.data["virtual_account"]) == ("cisco_xe", "Europe/Berlin", "Campus")
    named = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    assert named == set(netbox_source._KEYS) - {"ssh_config"}


def test_a_port_that_speaks_no_tls(tmp_path: Path) -> None:
    def answer(listening: socket.socket) -> None:
        line, _ = listening.accept()
        with line:
            line.recv(10_000)
            line.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with NetBox([device(1)]) as server, socket.create_server(("127.0.0.1", 0)) as plain:
        threading.Thread(target=answer, args=(plain,), daemon=True).start()
        server.port = plain.getsockname()[1]
        with pytest.raises(errors.TlsFailed):
            taken(tmp_path, server)


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with NetBox([device(1)]) as server, socket.create_server(("127.0.0.1", 0)) as gone:
        server.port = gone.getsockname()[1]
        gone.close()
        with pytest.raises(errors.Unreachable, match="no connection"):
            taken(tmp_path, server)


def test_a_server_that_never_answers(tmp_path: Path) -> None:
    over = threading.Event()
    with NetBox([device(1)], fault=lambda *_: Says(raw=lambda _: over.wait(30))) as server:  # type: ignore[arg-type]
        with pytest.raises(errors.SessionTimeout, match="no answer in time"):
            taken(tmp_path, server, top="retries = 0\ncommand_timeout = 0.1")
        over.set()


@pytest.mark.parametrize("text", [None, "no certificate\n"])
def test_a_file_that_is_no_authority(tmp_path: Path, text: str | None) -> None:
    if text:
        (tmp_path / "other.pem").write_text(text)
    settings = '[inventory]\nsource = "netbox"\nurl = "https://127.0.0.1:9"\nca = "other.pem"\ncredentials = "netbox"\n'
    (tmp_path / "licsweep.toml").write_text(f"[credentials.netbox]\n{settings}")
    with pytest.raises(InputError, match=r"other.pem"):
        inventory.load(load(tmp_path, {"retries": 0}, environment={}))


def test_a_project_for_netbox_is_written_without_asking_it(tmp_path: Path) -> None:
    write_project(tmp_path, "netbox:https://netbox.example.net")
    project = load(tmp_path, environment={})
    assert project.inventory["url"] == "https://netbox.example.net"
    assert project.credential_sets["netbox"].sources == ("environment",)
