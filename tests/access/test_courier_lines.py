"""What the courier may send: whole lines, our own files, platforms of ours; and nothing of it is offered to a sweep."""

from typing import Any

import pytest

from licsweep.access.allowlist import COURIER_PLATFORMS, AllowList
from licsweep.errors import CommandNotAllowed
from licsweep.platforms import UNKNOWN, Platform, get, platforms
from tests.access.test_allowlist import NEVER, ODD, REFUSED

ALLOWED = [
    "show privilege",
    "dir",
    "dir flash:",
    "dir bootflash:licsweep_FOC1_20261126-100000.txt",
    "verify /md5 flash:licsweep_a",
    "more flash:licsweep_a",
    "delete /force flash:licsweep_a.txt",
    "license smart save usage unreported file flash:licsweep_a",
    "license smart save usage all file bootflash:licsweep_a.txt",
    "license smart save usage days 30 file flash:licsweep_a",
    "license smart save usage rum-id 1768208401 file flash:licsweep_a",
    "license smart import flash:licsweep_ack.txt",
]
NOT_EVEN_THE_COURIER = [
    "delete /force flash:packages.conf",
    "delete /force /recursive flash:licsweep_a",
    "delete flash:licsweep_a",
    "delete /force flash:licsweep_a flash:packages.conf",
    "delete /force flash:licsweep_/../packages.conf",
    "delete /force flash:licsweep_..",
    "more flash:vlan.dat",
    "more nvram:startup-config",
    "more system:running-config",
    "license smart import flash:other.txt",
    "license smart import tftp://192.0.2.1/licsweep_a",
    "license smart save usage all file tftp://192.0.2.1/licsweep_a",
    "license smart save usage rum-id x file flash:licsweep_a",
    "license smart save usage unreported file flash:licsweep_a | append x",
    "license smart save trust-request flash:licsweep_a",
    "license smart sync all",
    "license smart factory reset",
    "license smart authorization return local online",
    "license smart trust idtoken x all",
    "license smart import",
    "dir /all",
    "copy flash:licsweep_a tftp:",
    "verify /md5 flash:licsweep_a 0123",
    "verify flash:licsweep_a",
]


def is_allowed(platform: Platform, purpose: Any, line: str) -> bool:
    try:
        AllowList(platform, purpose, ("enable",) if platform.session in ("ios", "asa") else ()).check(line + "\n")
    except CommandNotAllowed:
        return False
    return True


@pytest.mark.parametrize("line", ALLOWED)
def test_whole_lines_for_our_platforms(line: str) -> None:
    assert COURIER_PLATFORMS == ("cisco_xe",)
    assert is_allowed(get("cisco_xe"), "courier", line)


def test_it_reads_what_a_sweep_reads() -> None:
    for line in ("show license all", "show license rum id all", "show license history message", "exit", "enable", ""):
        assert is_allowed(get("cisco_xe"), "courier", line)


@pytest.mark.parametrize("line", [*NOT_EVEN_THE_COURIER, *NEVER, *ODD, *REFUSED])
def test_everything_else_is_refused(line: str) -> None:
    assert not is_allowed(get("cisco_xe"), "courier", line)


@pytest.mark.parametrize("line", ALLOWED)
def test_a_sweep_is_never_offered_them(line: str) -> None:
    for record in (*platforms().values(), UNKNOWN):
        for purpose in ("sweep", "scan"):
            assert not is_allowed(record, purpose, line)


@pytest.mark.parametrize("line", ALLOWED)
def test_no_other_platform_gets_them(line: str) -> None:
    outside = Platform(name="toy_box", session="ios", commands=())
    for record in (outside, *(one for one in platforms().values() if one.name != "cisco_xe")):
        assert not is_allowed(record, "courier", line)


def test_no_record_can_bring_them() -> None:
    record = Platform(name="toy_box", session="ios", commands=(), may_send=("license smart import OUR_FILE",))
    with pytest.raises(CommandNotAllowed):
        AllowList(record, "courier")
