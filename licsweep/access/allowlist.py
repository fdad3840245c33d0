"""What may be written to a device: the one list, checked just before the bytes leave.

Only reading commands and the terminal settings of the own session are on it. No pattern admits a pipe, a
redirection, a separator or a control character.
"""

import re
from functools import cache

from licsweep.errors import CommandNotAllowed

PAGER_KEY = " "
_SHOW_LICENSE = r"show license(?: [a-z0-9-]+)*"
_EVERYWHERE = (r"", r"exit", r"show version")
_VTY = r"terminal length 0"
_PER_PLATFORM = {
    "auto": (_VTY,),
    "cisco_xe": (_VTY, _SHOW_LICENSE, r"enable", r"show call-home smart-licensing"),
    "cisco_ios": (_VTY, _SHOW_LICENSE, r"enable"),
    "cisco_nxos": (_VTY, _SHOW_LICENSE, r"show license(?: [a-z0-9-]+)* \| json"),
    "cisco_asa": (r"terminal pager 0", _SHOW_LICENSE, r"enable", r"show activation-key(?: detail)?"),
    "cisco_xr": (_VTY, _SHOW_LICENSE),
}


@cache
def _lines(platform: str) -> re.Pattern[str]:
    known = _PER_PLATFORM.get(platform)
    return re.compile("|".join((*_EVERYWHERE, *known)) if known else r"(?!)")


def check(platform: str, data: str) -> None:
    """Passes when `data` is the pager key or one allowed line with its newline; else raises CommandNotAllowed."""
    if data == PAGER_KEY:
        return
    line = data.removesuffix("\n")
    if line + "\n" != data or not _lines(platform).fullmatch(line):
        raise CommandNotAllowed(
            f"{data!r} was not sent",
            why=f"it is not on the list of what a sweep may send to {platform}",
            hint="licsweep config",
        )
