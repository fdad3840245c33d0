"""The vty of the devices, over real SSH with plain paramiko."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import paramiko
import pytest

from licsweep.simulator.estate import Device, SimulatedEstate


class Shell:
    """An interactive session, as a terminal would hold it."""

    def __init__(self, client: paramiko.SSHClient) -> None:
        self._client = client
        self.channel = client.invoke_shell()
        self.channel.settimeout(5)

    def send(self, keys: str) -> None:
        self.channel.sendall(keys.encode())

    def until(self, *ends: str, seconds: float = 5) -> str:
        """What the device shows until it ends in one of `ends`; TimeoutError when it does not."""
        shown = ""
        deadline = time.monotonic() + seconds
        self.channel.settimeout(seconds)
        while not shown.endswith(ends) and time.monotonic() < deadline:
            chunk = self.channel.recv(65536).decode()
            if not chunk:
                break
            shown += chunk
        return shown

    def close(self) -> None:
        self._client.close()


LogIn = Callable[[str], Shell]


@pytest.fixture
def log_in(estate: SimulatedEstate, project: Path) -> Iterator[Callable[[str], Shell]]:
    """Opens a shell on the first device of a kind, host keys checked strictly against the project's known_hosts."""
    open_shells: list[Shell] = []
    clients: list[paramiko.SSHClient] = []

    def connect(kind: str) -> Shell:
        device = named(estate, kind)
        client = paramiko.SSHClient()
        clients.append(client)
        client.load_host_keys(str(project / "known_hosts"))
        client.set_missing_host_key_policy(paramiko.RejectPolicy())
        client.connect(
            device.host,
            device.port,
            estate.username,
            estate.password,
            look_for_keys=False,
            allow_agent=False,
            timeout=5,
        )
        open_shells.append(Shell(client))
        return open_shells[-1]

    yield connect
    for client in clients:
        client.close()


def named(estate: SimulatedEstate, kind: str) -> Device:
    return next(device for device in estate.devices if device.kind == kind)


def test_prompt_and_echo(log_in: LogIn, estate: SimulatedEstate) -> None:
    name = named(estate, "slup").name
    shell = log_in("slup")
    assert shell.until("#") == f"{name}#"
    shell.send("terminal ")
    assert shell.until("terminal ") == "terminal "
    shell.send("length 0\r\n")
    assert shell.until("#") == f"length 0\r\n{name}#"
    shell.send("\n")
    assert shell.until("#") == f"\r\n{name}#"


def test_nxos_begins_its_prompt_with_a_return_and_ends_it_with_a_blank(log_in: LogIn, estate: SimulatedEstate) -> None:
    shell = log_in("nxos9")
    shown = shell.until("# ")
    assert shown.startswith("Cisco Nexus Operating System")
    assert shown.endswith(f"\r\n\r{named(estate, 'nxos9').name}# ")


@pytest.mark.parametrize(
    ("kind", "line", "column", "complaint"),
    [
        ("slup", "show license nonsense", 13, "% Invalid input detected at '^' marker."),
        ("slup", "configure terminal", 0, "% Invalid input detected at '^' marker."),
        ("slup", "  show  version  detail", 17, "% Invalid input detected at '^' marker."),
        ("nxos9", "show license all", 13, "% Invalid command at '^' marker."),
    ],
)
def test_the_marker_stands_under_the_first_wrong_word(
    log_in: LogIn, kind: str, line: str, column: int, complaint: str
) -> None:
    shell = log_in(kind)
    prompt = shell.until("#", "# ").splitlines()[-1].lstrip("\r")
    shell.send(line + "\n")
    echoed, marker, said, *_ = shell.until(prompt).split("\r\n")
    assert (echoed, said) == (line, complaint)
    assert marker == " " * (len(prompt) + column) + "^"


def test_an_incomplete_command(log_in: LogIn) -> None:
    shell = log_in("slup")
    shell.until("#")
    shell.send("show license\n")
    assert "% Incomplete command." in shell.until("#")


def test_the_pager_holds_until_it_is_switched_off(log_in: LogIn) -> None:
    shell = log_in("slup")
    shell.until("#")
    shell.send("show version\n")
    page = shell.until(" --More-- ")
    assert len(page.split("\r\n")) == 1 + 23 + 1, "the echo, 23 lines, the pager"
    shell.send("\r")
    line = shell.until(" --More-- ")
    assert line.count("\r\n") == 1
    assert line.startswith("\b" * 10 + " " * 10 + "\b" * 10), "the pager wipes itself out"
    shell.send(" ")
    assert shell.until(" --More-- ").count("\r\n") == 23
    shell.send("q")
    assert "Configuration register" not in shell.until("#")
    shell.send("terminal length 0\n")
    shell.until("#")
    shell.send("show version\n")
    whole = shell.until("#")
    assert "Configuration register" in whole
    assert "--More--" not in whole
    assert whole.count("\r\n") == whole.count("\n") > 50


def test_what_arrives_before_the_prompt_is_worked_off_in_order(log_in: LogIn, estate: SimulatedEstate) -> None:
    prompt = f"{named(estate, 'slup').name}#"
    shell = log_in("slup")
    shell.send("terminal length 0\nterminal width 511\nnonsense\nexit\n")
    shown = shell.until("never")
    assert [part.split("\r\n")[0] for part in shown.split(prompt)] == [
        "",
        "terminal length 0",
        "terminal width 511",
        "nonsense",
        "exit",
    ]
    assert shell.channel.recv_exit_status() == 0


def test_at_the_pager_a_key_typed_ahead_is_the_pagers(log_in: LogIn) -> None:
    shell = log_in("slup")
    shell.until("#")
    shell.send("show version\nshow license all\n")
    shown = shell.until("#")
    assert "how license all" in shown
    assert "Smart Licensing is ENABLED" not in shown


def test_a_line_can_be_edited(log_in: LogIn) -> None:
    shell = log_in("slup")
    shell.until("#")
    shell.send("wrong\x15terminal lengtX\bh 9\x7f0\n")
    assert "Invalid" not in shell.until("#")
    shell.send("nonsense\x03")
    assert "Invalid" not in shell.until("#")
    shell.send("show version\n")
    assert "Configuration register" in shell.until("#"), "the edited line was obeyed: no pager"


def test_a_resized_terminal_and_a_break_do_not_end_the_session(log_in: LogIn) -> None:
    shell = log_in("slup")
    shell.until("#")
    shell.channel.resize_pty(width=200, height=50)
    shell.send("\n")
    assert shell.until("#").endswith("#")


def test_the_box_that_hangs_answers_all_but_that_command(log_in: LogIn, estate: SimulatedEstate) -> None:
    shell = log_in("hangs")
    shell.until("#")
    shell.send("terminal length 0\n")
    shell.until("#")
    shell.send("show version\n")
    assert "Processor board ID" in shell.until("#")
    shell.send("show license all\n")
    with pytest.raises(TimeoutError):
        shell.until(f"{named(estate, 'hangs').name}#", seconds=0.5)


def test_a_client_that_leaves_in_the_middle_harms_nobody(log_in: LogIn) -> None:
    for _ in range(3):
        shell = log_in("slup")
        shell.until("#")
        shell.send("show version\n")
        shell.until(" --More-- ")
        shell.close()
    hanging = log_in("hangs")
    hanging.send("show license all\n")
    hanging.close()
    assert log_in("slup").until("#").endswith("#")


def test_the_wrong_password_is_refused(log_in: LogIn) -> None:
    with pytest.raises(paramiko.AuthenticationException):
        log_in("wrong-password")


def test_the_closed_port_refuses(log_in: LogIn) -> None:
    with pytest.raises(paramiko.ssh_exception.NoValidConnectionsError):
        log_in("unreachable")


def test_the_changed_host_key_is_noticed(log_in: LogIn) -> None:
    with pytest.raises(paramiko.BadHostKeyException):
        log_in("changed-host-key")
