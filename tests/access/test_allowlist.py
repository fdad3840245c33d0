"""Nothing reaches a device that is not on the list, and no record can put on the list what must never be sent."""

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licsweep.access.allowlist import AllowList, RequestList
from licsweep.access.session import kind_of, kinds
from licsweep.errors import CommandNotAllowed
from licsweep.line_patterns import SLOTS, is_request, objection, record_objection
from licsweep.platforms import UNKNOWN, Command, Platform, get, platforms

ALLOWED = [
    "show license all",
    "show license rum id 17 detail",
    "show license",
    "show version",
    "terminal length 0",
    "exit",
    "",
]
REFUSED = [
    "configure terminal",
    "conf t",
    "license smart save usage all file bootflash:x",
    "show license all | redirect bootflash:x",
    "show license all | json | json",
    "show license all ; reload",
    "show license all?",
    "show version\nreload",
    "show version\n",
    "show running-config",
    "show license trace",
    "show license trac",
    "show license smart register",
    "show license reload",
    "show license factory reset",
    "show license authorization return",
    "show license  all",
    " show license all",
    "reload",
    "enable 15",
    "disable",
    "SHOW LICENSE ALL",
]
NEVER = [
    *(
        "configure terminal",
        "conf t",
        "CONF T",
        "c t",
        "write memory",
        "wr",
        "reload",
        "rel in 5",
        "erase startup-config",
    ),
    *("set network hostname x", "xCommand SystemUnit Boot", "license smart register idtoken x", "license smart reg"),
    *("license smart deregister", "lic smart factory reset", "license smart authorization return local online"),
    *("show license trace", "show lic tr", "license smart sync local", "copy x y", "delete /force x", "del x"),
]
NO_READING = [
    *("debug all", "clear counters", "format flash:", "hw-module stop", "shutdown", "terminal monitor", "terminal"),
    *("terminal length", "ping NAME", "enable", "exit", "NAME", "showx", "SHOW version", "xstatus // license"),
    *("show running-config", "sh run", "show run all", "show startup-config", "show tech-support license", "show tec"),
]
ODD = [
    "show x | y",
    "show x > y",
    "show x;y",
    "show x\ny",
    "show x?",
    "show\tx",
    "show x ",
    "show  x",
    "show x\x03",
    "sh\N{LATIN SMALL LETTER LONG S}w",
]


def allow_list(name: str) -> AllowList:
    record = platforms().get(name, UNKNOWN)
    lines = kind_of(record.session).lines if record.session in kinds() else ()  # some texts have no session yet
    return AllowList(record, "scan" if record == UNKNOWN else "sweep", lines)


def is_allowed(name: str, line: str) -> bool:
    try:
        allow_list(name).check(line + "\n")
    except CommandNotAllowed:
        return False
    return True


@pytest.mark.parametrize("line", ALLOWED)
@pytest.mark.parametrize("platform", ["cisco_xe", "cisco_ios", "cisco_nxos", "cisco_xr"])
def test_reading_commands_pass(platform: str, line: str) -> None:
    assert is_allowed(platform, line)


@pytest.mark.parametrize("platform", [*platforms(), "auto"])
@pytest.mark.parametrize("line", REFUSED)
def test_everything_else_is_refused(line: str, platform: str) -> None:
    assert not is_allowed(platform, line)


def test_each_platform_may_send_its_own_commands() -> None:
    for record in platforms().values():
        assert all(is_allowed(record.name, line) != is_request(line) for line in record.lines)
        for request in filter(is_request, record.lines):
            if request.startswith("GET "):  # AXL's calls: tests/access/test_basic.py
                RequestList(record).check(*request.split(" "))


def test_json_pipe_is_for_nxos_alone() -> None:
    assert is_allowed("cisco_nxos", "show license usage | json")
    assert not is_allowed("cisco_nxos", "show version | json")
    assert not is_allowed("cisco_xe", "show license usage | json")


def test_enable_is_for_ios_and_asa_alone() -> None:
    assert [name for name in (*platforms(), "auto") if is_allowed(name, "enable")] == [
        name for name, record in platforms().items() if record.session in ("ios", "asa")
    ]


def test_a_scan_asks_what_a_device_is_and_no_more() -> None:
    scan = AllowList(get("cisco_xe"), "scan", ("enable",))
    for line in ("terminal length 0\n", "show version\n", "exit\n"):
        scan.check(line)
    for line in ("show license all\n", "enable\n"):
        with pytest.raises(CommandNotAllowed, match="was not sent"):
            scan.check(line)


@pytest.mark.parametrize("line", [*NEVER, *ODD])
@pytest.mark.parametrize("field", ["commands", "may_send", "pager_off", "identity_command", "kind"])
def test_no_record_may_hold_it(field: str, line: str) -> None:
    wanted: dict[str, Any] = {"commands": (Command(line=line),), "may_send": (line,)}
    record = Platform(name="toy_box", session="ios", commands=())
    kind = (line,) if field == "kind" else ()
    with pytest.raises(CommandNotAllowed, match="was not sent"):
        AllowList(record if kind else replace(record, **{field: wanted.get(field, line)}), "sweep", kind)


@pytest.mark.parametrize("purpose", ["scan", "sweep"])
@pytest.mark.parametrize("session", ["ios", "nxos", "asa", "xr", "of_another_package"])
@pytest.mark.parametrize("line", NO_READING)
def test_a_record_holds_reading_lines_alone(line: str, session: str, purpose: Any) -> None:
    record = Platform(name="toy_box", session=session, commands=())
    ways: list[dict[str, Any]] = [{"pager_off": line}, {"identity_command": line}]
    if purpose == "sweep":
        ways += [{"commands": (Command(line=line),)}, {"may_send": (line,)}]
    for way in ways:
        with pytest.raises(CommandNotAllowed, match="was not sent"):
            AllowList(replace(record, **way), purpose)


@pytest.mark.parametrize("line", ["show license tech support", "terminal pager lines 0", "terminal datadump"])
def test_and_reading_lines_and_pager_switches_it_may_hold(line: str) -> None:
    AllowList(Platform(name="toy_box", session="asa", commands=(), may_send=(line,)), "sweep").check(line + "\n")


@pytest.mark.parametrize("line", ["show version", "show license summary", "xstatus // license", "show network cluster"])
def test_reading_lines_are_no_matter(line: str) -> None:
    assert objection(line) is None


@given(st.text(max_size=60))
def test_no_control_character_and_no_separator_ever_passes(text: str) -> None:
    if is_allowed("cisco_nxos", text):
        assert text.isascii()
        assert text.isprintable()
        assert not set(text) & set(";>&`$\\\"'?")
        assert not text or text.startswith(("show ", "terminal ", "exit"))


WORDS = ["show", "license", "all", "FILE", "NAME", "DAYS", "RUM_ID", "smart", "trace", "reload", "x|y", "7", "", "é"]
lines = st.lists(st.sampled_from(WORDS) | st.text("abc-_.:/ ", max_size=5), max_size=5).map(" ".join)


@given(pattern=lines.map("show {}".format), line=lines.map("show {}".format))
def test_what_a_record_allows_is_what_it_says(pattern: str, line: str) -> None:
    """A line that passes is the record's pattern word for word, slots apart, and holds nothing that is never sent."""
    record = Platform(name="toy_box", session="xr", commands=(), may_send=(pattern,))
    try:
        AllowList(record, "sweep").check(line + "\n")
    except CommandNotAllowed:
        return
    assert objection(line) is None
    if line not in ("", "exit", "show version"):
        for said, sent in zip(pattern.split(" "), line.split(" "), strict=True):
            assert sent == said or (said in SLOTS and re.fullmatch(SLOTS[said], sent))


@pytest.mark.parametrize(
    ("session", "line", "may"),
    [
        ("fmc", "GET /api/fmc_platform/v1/license/smartlicenses", True),
        ("fmc", "POST /api/fmc_platform/v1/license/smartlicenses", False),  # it registers
        ("fdm", "GET /api/fdm/latest/license/smartagentstatuses", True),
        ("fdm", "PUT /api/fdm/latest/license/smartlicenses", False),
        ("vos", "AXL getSmartLicenseStatus", True),
        ("vos", "AXL getSmartLicenseStatusX", False),
        ("vos", "AXL doSmartLicenseRegister", False),
        ("vos", "GET /vmrest/smartlicense/licensedetails", True),
        ("vos", "PUT /vmrest/smartlicense/register", False),
        ("vos", "show license trace", False),
        ("tsh", "xStatus License", True),
        ("tsh", "xCommand License Smart Deregister", False),
        ("fxos", "scope license", True),
        ("fxos", "commit-buffer", False),
        ("clish", "show managers", True),
        ("clish", "expert", False),
        ("clish", "system support diagnostic-cli", False),
        ("ios", "GET /restconf", False),
    ],
)
def test_what_a_record_may_hold_by_its_kind_of_session(session: str, line: str, may: bool) -> None:
    assert (record_objection(line, session) is None) == may


@pytest.mark.parametrize("line", ["show high-availability config", "show x configuration", "show x conf"])
def test_words_behind_show_name_what_is_read(line: str) -> None:
    assert objection(line) is None
    assert record_objection(line, "clish") is None


@pytest.mark.parametrize(
    "line",
    [
        *(
            "conf",
            "config",
            "configure",
            "configuration",
            "config t",
            "do config",
            "do conf t",
            "x configure",
            "sh config",
        ),
        *("show conf", "show config", "show configuration", "show configuration all", "SHOW CONF", "sho x config"),
        *("show config set", "show x set", "show x write", "show x copy", "show x reload", "show-x config"),
    ],
)
def test_and_nothing_else_gets_past_for_that(line: str) -> None:
    for session in ("clish", "fxos", "ios", "vos"):
        assert record_objection(line, session)
