"""Nothing reaches a device that is not on the list."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licsweep.access import allowlist
from licsweep.errors import CommandNotAllowed

ALLOWED = ["show license all", "show version", "terminal length 0", "exit", "show license rum id 17 detail"]
REFUSED = [
    "configure terminal",
    "license smart save usage all file bootflash:x",
    "show license all | redirect bootflash:x",
    "show license all ; reload",
    "show version\nreload",
    "show running-config",
    "reload",
    "enable 15",
    "disable",
    "SHOW LICENSE ALL",
]


@pytest.mark.parametrize("line", ALLOWED)
@pytest.mark.parametrize("platform", ["cisco_xe", "cisco_nxos"])
def test_reading_commands_pass(platform: str, line: str) -> None:
    allowlist.check(platform, line + "\n")


@pytest.mark.parametrize("line", REFUSED)
def test_everything_else_is_refused(line: str) -> None:
    with pytest.raises(CommandNotAllowed):
        allowlist.check("cisco_xe", line + "\n")


def test_json_pipe_is_for_nxos_alone() -> None:
    allowlist.check("cisco_nxos", "show license usage | json\n")
    with pytest.raises(CommandNotAllowed):
        allowlist.check("cisco_xe", "show license usage | json\n")


def test_enable_is_for_ios_alone() -> None:
    allowlist.check("cisco_xe", "enable\n")
    with pytest.raises(CommandNotAllowed):
        allowlist.check("cisco_nxos", "enable\n")


def test_unknown_platform_gets_no_license_command() -> None:
    with pytest.raises(CommandNotAllowed):
        allowlist.check("cisco_unknown", "show license all\n")


@given(st.text(max_size=60))
def test_no_control_character_and_no_separator_ever_passes(text: str) -> None:
    try:
        allowlist.check("cisco_nxos", text + "\n")
    except CommandNotAllowed:
        return
    assert text.isascii()
    assert text.isprintable()
    assert not set(text) & set(";>&`$\\\"'")
    assert not text or text.startswith(("show ", "terminal ", "exit"))
