"""Logins as they are: what asks for a password, prompts that people have, and reasons in the device's own words."""

import errno
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import paramiko
import pytest
from paramiko.auth_handler import AuthHandler
from paramiko.common import cMSG_USERAUTH_PK_OK

from licsweep import errors
from licsweep.access import dialing, shell
from licsweep.access.accounts import Accounts
from licsweep.access.blanking import blank
from licsweep.access.failures import classify
from licsweep.access.hostkeys import KnownHosts, Scanned
from licsweep.access.login import Login
from licsweep.access.session import conversation
from licsweep.access.terminal import clean
from licsweep.platforms import get
from tests.access.conftest import LIMITS, PASSWORD, Aaa, Box, Round, answers

Start = Callable[..., Box]
TEXT = "one\r\ntwo\r\n"
HIDDEN = ("Password: ", False)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds of silence are shorter here."""
    monkeypatch.setattr(shell, "SILENCE", 0.4)
    monkeypatch.setattr(shell, "SILENCE_AFTER_EMPTY_LINE", 0.4)


OTHER_PASSWORDS = [
    *("Enable_password: ", "NewPassword: ", "Repeat password: ", "Verify password: ", "Choose a password: "),
    *("root password: ", "Privileged password: ", "Password for key /home/noc/.ssh/id: ", "Password for admin@vault: "),
    *("Password + token: ", "Neues Passwort: ", "admin's password:", "Password: \u202e"),
]


def asking(*prompts: tuple[str, bool], title: str = "") -> Round:
    return (title, "", "", prompts)


def log_in(box: Box, **more: Any) -> str:
    """The answer to one command in a new session."""
    session = box.session(**more)
    session.open()
    try:
        return session.ask("show license all")
    finally:
        session.close()


@pytest.mark.parametrize(
    "rounds",
    [
        [asking(HIDDEN)],
        [asking(("reader@R1's password:", False))],
        [asking(("(reader@R1.example) Password: ", False))],
        [asking(("Password for reader@R1:", False))],
        [asking(title="Authorized use only"), asking(HIDDEN), asking()],
    ],
)
def test_a_password_is_typed_into_a_prompt_for_it(box: Start, rounds: list[Round]) -> None:
    made = box(answers({"show license all": TEXT}))
    made.rounds = rounds
    assert log_in(made) == "one\ntwo\n"
    assert made.typed == [PASSWORD]


@pytest.mark.parametrize(
    ("rounds", "typed"),
    [
        ([asking(HIDDEN)] * 41, 1),
        ([asking(("Enable secret: ", False))], 0),
        ([asking(("Password: ", True))], 0),
        ([asking(HIDDEN, HIDDEN)], 0),
        ([asking(("New password: ", False))], 0),
        ([asking(HIDDEN, title="Your password has expired. Change it now?")], 0),
        ([asking(("PASSCODE: ", False))], 0),
        ([asking(("Enable password: ", False), title="Authorized use only. " * 20)], 0),
        ([asking(HIDDEN), asking(("Retype the password: ", False))], 1),
        *(([asking((prompt, False))], 0) for prompt in OTHER_PASSWORDS),
    ],
)
def test_and_into_nothing_else_and_once(box: Start, rounds: list[Round], typed: int) -> None:
    made, accounts = box(answers({})), Accounts()
    made.rounds = rounds
    login = replace(made.login(), account="reader", lockout_after=10)
    with pytest.raises(errors.AuthFailed):
        made.session(login=login, accounts=accounts).open()
    assert made.typed == [PASSWORD] * typed
    assert len(accounts._row("reader").failed) == typed, "what was not typed is not counted"


def test_one_request_for_the_service_whatever_follows(box: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[int] = []
    real = paramiko.Transport._send_message  # type: ignore[attr-defined]
    monkeypatch.setattr(
        paramiko.Transport, "_send_message", lambda self, m: (sent.append(m.asbytes()[0]), real(self, m))[1]
    )
    made = box(answers({"show license all": TEXT}))
    made.rounds = [asking(HIDDEN)]
    log_in(made)
    assert sent.count(5) == 1


class _AsCisco(AuthHandler):
    """Answers the first signed request of a key as if it had been a question."""

    asked = False

    def _send_auth_result(self, username: str, method: str, result: int) -> None:
        if method != "publickey" or self.asked:
            super()._send_auth_result(username, method, result)  # type: ignore[misc]
            return
        type(self).asked = True
        message = paramiko.Message()
        message.add_byte(cMSG_USERAUTH_PK_OK)
        message.add_string("ssh-ed25519")
        message.add_string(b"")
        self.transport._send_message(message)


class _KeyServer(paramiko.ServerInterface):
    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return paramiko.AUTH_SUCCESSFUL


@contextmanager
def cisco_125() -> Iterator[tuple[int, paramiko.PKey]]:
    """A server that takes any key at the second time, and refuses every channel."""
    _AsCisco.asked = False
    key = paramiko.ECDSAKey.generate()
    with socket.create_server(("127.0.0.1", 0)) as server:
        transports = []

        def serve() -> None:
            client, _ = server.accept()
            transport: Any = paramiko.Transport(client)
            transports.append(transport)
            transport.local_version = "SSH-2.0-Cisco-1.25"
            transport.add_server_key(key)
            transport.auth_handler = _AsCisco(transport)
            parse = transport._parse_newkeys

            def newkeys(m: paramiko.Message) -> None:
                parse(m)
                transport.auth_handler = _AsCisco(transport)

            transport._handler_table = dict(transport._handler_table) | {21: newkeys}
            transport.start_server(server=_KeyServer())

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1], key
        thread.join(5)
        for transport in transports:
            transport.close()


def test_a_key_login_that_is_asked_to_repeat_itself_and_a_refused_channel(tmp_path: Any) -> None:
    with cisco_125() as (port, key):
        known = KnownHosts(tmp_path / "known")
        known.accept([Scanned(name="a", address="127.0.0.1", port=port, key=key, state="new")])
        own = (
            paramiko.Ed25519Key.generate() if hasattr(paramiko.Ed25519Key, "generate") else paramiko.ECDSAKey.generate()
        )
        login = Login(address="127.0.0.1", port=port, username="reader", key=own)
        with pytest.raises(errors.SessionDropped, match="refuses a session") as caught:
            conversation(login, get("cisco_xe"), known, LIMITS).open()
    assert "prohibited" in caught.value.why
    assert _AsCisco.asked


# `[R1]` and `R1!` were here: no platform's prompt ends so, and questions do.
ODD = ["R1~#", "R1+#", "R 1#", "R1%", "R1$", "Rü1#", "R1*#", "R1,x#", "R1=>", "R1#  ", "x" * 120 + "#"]
ODD += ["pin-r1#", "fw-ny/no1/act#", "R1(config secretary)#", "tokens1>", "(R1)#"]


@pytest.mark.parametrize("prompt", ODD)
def test_prompts_that_people_have(box: Start, prompt: str) -> None:
    assert log_in(box(answers({"show license all": TEXT}, prompt=prompt))) == "one\ntwo\n"


@pytest.mark.parametrize(
    "before",
    ["Last login: Tue from 192.0.2.1 ", "Welcome to ", "\x1b[2J\x1b[H", "\x1b]0;R1\x07", "## Lab\r\n# "],
)
def test_text_after_login_without_a_line_end(box: Start, before: str) -> None:
    assert log_in(box(answers({"show license all": TEXT}, before=before))) == "one\ntwo\n"


@pytest.mark.parametrize("notice", ["Press any key to continue", "Press RETURN to get started."])
def test_a_login_that_waits_for_a_key(box: Start, notice: str) -> None:
    async def script(process: Any) -> None:
        process.stdout.write(notice)
        await process.stdin.readline()
        await answers({"show license all": TEXT}, before="\r\n")(process)

    assert log_in(box(script)) == "one\ntwo\n"


SYSLOG = "*Nov 24 10:32:11.123: %SYS-5-CONFIG_I: Configured from console\r\n"


@pytest.mark.parametrize("behind", ["\r\n" + SYSLOG, "\x1b[K", "\x1b[6n", "\x07"])
def test_something_behind_the_prompt(box: Start, behind: str) -> None:
    async def script(process: Any) -> None:
        process.stdout.write("R1#" + behind)
        while (line := (await process.stdin.readline()).rstrip("\n")) != "exit":
            more = TEXT if line.startswith("show") else ""
            process.stdout.write(f"{line}\r\n{more}R1#{behind if line else ''}")

    assert log_in(box(script)) == "one\ntwo\n"


def test_an_echo_that_is_cut_at_80_columns(box: Start) -> None:
    prompt = "x" * 70 + "#"

    async def script(process: Any) -> None:
        process.stdout.write(prompt)
        while (line := (await process.stdin.readline()).rstrip("\n")) != "exit":
            echo = line if len(line) < 9 else line[:8] + "\b" * 8 + "$" + line[-7:]
            process.stdout.write(f"{echo}\r\n{TEXT if line.startswith('show') else ''}{prompt}")

    assert log_in(box(script)) == "one\ntwo\n"


@pytest.mark.parametrize(
    "question",
    [
        *("Change it now? y/n", "Proceed? [y/n]", "Continue (yes/no):", "New password:", "Username: "),
        *(
            "Reload now? [confirm]",
            "Would you like to erase it [yes]: ",
            "Enter PASSCODE: ",
            "New PIN> ",
            "Selection: ",
        ),
        *("  Enter new secret: ", "Factory reset (y)es (n)o ", "Continue [Y]/N: ", "Type 'yes' to accept", "PASSCODE>"),
        *("User name>", "Username>", "Enter_token>", "Your choice #"),
    ],
)
@pytest.mark.parametrize("middle", [False, True])
def test_a_question_gets_no_answer(box: Start, question: str, middle: bool) -> None:
    heard: list[str] = []

    async def script(process: Any) -> None:
        if middle:
            process.stdout.write("R1#")
            for _ in range(2):
                line = await process.stdin.readline()
                process.stdout.write(f"{line}\r\n" + ("R1#" if line.startswith("terminal") else ""))
        process.stdout.write("\r\nYour session\r\n" + question)
        heard.append(await process.stdin.read(10))

    with pytest.raises(errors.AccessError) as caught:
        log_in(box(script), limits=replace(LIMITS, command=0.7))
    asks_for_another = question.startswith(("Change it now", "New password"))
    assert caught.value.status == ("auth-failed" if asks_for_another and not middle else "timed-out")
    assert question.strip() in caught.value.why
    assert heard in ([], [""])


@pytest.mark.parametrize(
    ("words", "kind", "what"),
    [
        ("% Authorization failed.", errors.AuthFailed, "may not start a session"),
        ("Your password has expired.", errors.AuthFailed, "password has expired"),
        ("CLI session limit 32 reached", errors.LinesFull, "vty lines are full"),
        ("Goodbye \x1b[31mfor \N{RIGHT-TO-LEFT OVERRIDE} now" + "!" * 300, errors.SessionDropped, "closed the session"),
    ],
)
def test_the_reason_is_in_the_device_s_words(box: Start, words: str, kind: type[errors.AccessError], what: str) -> None:
    async def script(process: Any) -> None:
        process.stdout.write(f"\r\n{words}\r\n\r\n")

    with pytest.raises(kind, match=what) as caught:
        log_in(box(script))
    assert words[:7] in caught.value.why
    assert caught.value.why.isprintable()
    assert len(caught.value.why) < 600, "the sweep cuts it, behind the removal of secrets"


@pytest.mark.parametrize("before", [80, 91, 99, 230])
def test_no_part_of_the_password_is_left_in_a_reason(box: Start, before: int) -> None:
    async def script(process: Any) -> None:
        process.stdout.write("\r\n" + "x" * before + PASSWORD)
        await process.stdin.read(10)

    with pytest.raises(errors.AccessError) as caught:
        log_in(box(script), limits=replace(LIMITS, command=0.7))
    reason = blank(errors.plain_reason(caught.value), [PASSWORD])
    assert "<removed>" in reason
    assert PASSWORD[:4] not in reason


def test_a_server_that_hangs_up_before_ssh_begins(tmp_path: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=lambda: server.accept()[0].close()).start()
        login = Login(address="127.0.0.1", port=server.getsockname()[1], username="u", password="p")
        with pytest.raises(errors.Unreachable, match="closes the connection before SSH begins") as caught:
            conversation(login, get("cisco_xe"), KnownHosts(tmp_path / "none"), LIMITS).open()
    assert caught.value.transient
    assert "vty lines" in caught.value.why


def test_the_words_of_a_disconnect_are_told(box: Start) -> None:
    with pytest.raises(errors.AuthFailed, match="closed the connection in answer to the password") as caught:
        box(answers({}), aaa=Aaa(["disconnect"])).session().open()
    assert "too many failures" in caught.value.why


def test_a_server_that_wants_a_new_password(box: Start) -> None:
    with pytest.raises(errors.AuthFailed, match="has expired: the server asks for a new one") as caught:
        box(answers({}), aaa=Aaa(["change"])).session().open()
    assert "Choose another" in caught.value.why


def test_a_name_that_takes_long_has_a_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    real, over = socket.getaddrinfo, threading.Event()

    def slow(host: str, *more: Any, flags: int = 0, **options: Any) -> Any:
        if flags == 0:
            over.wait(20)
        return real(host, *more, flags=flags, **options)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    began = time.monotonic()
    with pytest.raises(errors.Unreachable, match="resolved"):
        dialing.dial("localhost", 1, 0.5)
    over.set()
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.EMFILE, "Too many open files"), "no file handle left"),
        (RuntimeError("can't start new thread"), "no thread left"),
    ],
)
def test_what_this_machine_lacks_is_told(error: Exception, told: str) -> None:
    known = classify(error)
    assert known is not None
    assert told in known.what
    assert known.hint
    assert classify(RuntimeError("another")) is None


@pytest.mark.parametrize("piece", ["\r", "\r\n", " --More-- ", "\x1b", "\b", "\b ", "\r "])
def test_cleaning_is_linear(piece: str) -> None:
    began, text = time.process_time(), piece * 100_000
    clean(text + "\nR1#", "show version", "R1#")
    clean(" --More--" + text, "show version", "R1#")
    assert time.process_time() - began < 2
