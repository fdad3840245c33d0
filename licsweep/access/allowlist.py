"""What may be sent to a device: the one list, checked just before the bytes leave.

A platform's lines are those of its record and those of its kind of session (`enable`, `exit`). Of a record only
reading commands and the pager switch of the own session get through, whatever it says (licsweep/line_patterns.py). The
lines of the courier stand here alone, as whole lines, for platforms of ours: they name no file but our own.
Over HTTPS a platform's requests are the GETs of its record and POST to the token paths of its kind, which stand here.
"""

import re
from functools import cache
from typing import Literal

from licsweep.errors import CommandNotAllowed
from licsweep.line_patterns import is_request, matcher, objection, record_objection
from licsweep.platforms import Platform

PAGER_KEY = " "
Purpose = Literal["scan", "sweep", "courier"]
_EVERYWHERE = ("", "exit")
_FMC = "/api/fmc_platform/v1"
TOKEN_PATHS = {
    "fmc": (f"{_FMC}/auth/generatetoken", f"{_FMC}/auth/refreshtoken", f"{_FMC}/auth/revokeaccess"),
    "fdm": ("/api/fdm/latest/fdm/token",),
}
"""All that is ever asked with POST, by kind of session: to log in, to stay so, to log out."""
_OF_KIND = {"fmc": (f"GET {_FMC}/info/domain",)}  # the domain of a token that no login answered
_PREFIX = {"fmc": "(?:/fmc)?"}  # cdFMC
_ID = {"DOMAIN": "[0-9A-Za-z-]{1,64}", "ID": "[0-9A-Za-z-]{1,64}"}
AXL_PATH = "/axl/"
_AXL_CALL = re.compile(
    r"<soapenv:Envelope [^<>]*><soapenv:Header/><soapenv:Body><ns:([A-Za-z]+)/></soapenv:Body></soapenv:Envelope>"
)
_QUERY = "(?:[?&](?:expanded=true|limit=[0-9]{1,5}|offset=[0-9]{1,7})){0,3}"
_JSON = " | json"  # the one pipe: NX-OS' own, behind `show license` only
_COURIER = {
    "cisco_xe": (
        "show privilege",
        "dir",
        "dir FS",
        "dir OUR_FILE",
        "verify /md5 OUR_FILE",
        "more OUR_FILE",
        "delete /force OUR_FILE",
        "license smart save usage unreported file OUR_FILE",
        "license smart save usage all file OUR_FILE",
        "license smart save usage days DAYS file OUR_FILE",
        "license smart save usage rum-id RUM_ID file OUR_FILE",
        "license smart import OUR_FILE",
    ),
}
COURIER_PLATFORMS = tuple(_COURIER)


class AllowList:
    """The lines for one platform and purpose: a `scan` tells what a device is, a `sweep` reads its licenses, a
    `courier` also saves usage reports, imports acknowledgements and handles its own files.

    Raises CommandNotAllowed where the platform's record or its kind of session holds a line that is never sent.
    """

    def __init__(
        self, platform: Platform, purpose: Purpose, kind_lines: tuple[str, ...] = (), keys: tuple[str, ...] = ()
    ) -> None:
        self._name, self._purpose, self._keys = platform.name, purpose, (PAGER_KEY, *keys)
        identifying = (*([platform.pager_off] if platform.pager_off else ()), platform.identity_command)
        record, kind = (identifying, _EVERYWHERE) if purpose == "scan" else (platform.sent, (*_EVERYWHERE, *kind_lines))
        record = tuple(line for line in record if not is_request(line))
        found = [(line, record_objection(line, platform.session)) for line in record]
        for line, why in [*found, *((line, objection(line)) for line in kind)]:
            if why:
                raise self._refused(line, why)
        self._lines = _matcher((*record, *kind))
        self._courier = _matcher(_COURIER.get(platform.name, ()) if purpose == "courier" else ())

    def check(self, data: str) -> None:
        """Passes when `data` is a pager's key or one allowed line with its newline; else raises CommandNotAllowed."""
        if data in self._keys:
            return
        line = data.removesuffix("\n")
        if self._name == "cisco_nxos" and line.startswith("show license"):
            line = line.removesuffix(_JSON)
        reads = self._lines.fullmatch(line) and not objection(line)
        if not data.endswith("\n") or not (reads or self._courier.fullmatch(line)):
            raise self._refused(data, f"it is not on the list of what a {self._purpose} may send to {self._name}")

    @staticmethod
    def _refused(data: str, why: str) -> CommandNotAllowed:
        return CommandNotAllowed(f"{data!r} was not sent", why=why, hint="licsweep sweep --dry-run")


class RequestList:
    """The requests for one platform, by method, path and query; to AXL also by the name of the call in the body."""

    def __init__(self, platform: Platform) -> None:
        self._platform, kind = platform, platform.session
        asked = [line for line in (*platform.sent, *_OF_KIND.get(kind, ())) if line.startswith("GET ")]
        paths = [_path(line.removeprefix("GET ")) for line in asked if not record_objection(line, kind)]
        prefix = _PREFIX.get(kind, "")
        calls = (line for line in platform.sent if line.startswith("AXL ") and not record_objection(line, kind))
        self._calls = {line.removeprefix("AXL ") for line in calls}
        self._allowed = {
            "GET": re.compile(f"{prefix}(?:{'|'.join(paths)}){_QUERY}"),
            "POST": re.compile("|".join(map(re.escape, TOKEN_PATHS.get(kind, ()))) or "(?!)"),
        }

    def check(self, method: str, target: str, body: bytes = b"") -> None:
        """Passes when the platform may be asked this; else raises CommandNotAllowed."""
        allowed, call = self._allowed.get(method), _AXL_CALL.fullmatch(body.decode("ascii", "replace"))
        reads = method == "POST" and target == AXL_PATH and call and call[1] in self._calls
        if not reads and (not allowed or not allowed.fullmatch(target)):
            why = f"it is not on the list of what a sweep may ask {self._platform.name}"
            raise CommandNotAllowed(f"{f'{method} {target}'!r} was not sent", why=why, hint="licsweep sweep --dry-run")


def _path(path: str) -> str:
    return "/".join(_ID.get(part) or re.escape(part) for part in path.split("/"))


_matcher = cache(matcher)
