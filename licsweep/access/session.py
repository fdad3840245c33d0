"""The kinds of session by name: ours, and those of other packages.

A kind that reads in its own way is a module beside this one.
"""

from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from typing import Any

from licsweep.access.conversation import Conversation
from licsweep.access.hostkeys import KnownHosts
from licsweep.access.login import Limits, Login
from licsweep.access.ssh_session import CHANGEABLE, Session
from licsweep.access.two_ways import TwoWays
from licsweep.errors import UsageError
from licsweep.line_patterns import is_request
from licsweep.platforms import Platform, load_entries

GROUP = "licsweep.sessions"


class IosSession(Session):
    """IOS, IOS XE and ASA: they know `enable`."""

    lines = CHANGEABLE["ios"]


Kind = type[Session]  # or what does the same (RestSession)
_OURS = {
    "ios": "session:IosSession",
    "nxos": "ssh_session:Session",
    "asa": "session:IosSession",
    "xr": "ssh_session:Session",
    "clish": "clish:ClishSession",
    "fxos": "fxos:FxosSession",
    "vos": "vos:VosSession",
    "tsh": "tsh:TshSession",
    "fmc": "fmc:FmcSession",
    "fdm": "fdm:FdmSession",
    "basic": "basic:BasicSession",
}
"""Module and class of our kinds, which are loaded where a device wants one: those of HTTPS bring urllib3."""
_SECOND_WAY = {"fmc": "clish", "vos": "basic", "tsh": "basic"}
"""The kind of session of the other way, where a platform has two: SSH beside HTTPS, HTTPS beside SSH."""


@lru_cache(maxsize=1)
def kinds() -> Mapping[str, str | Kind]:
    """The kinds of session by name: where ours are, and those of other packages (entry points `licsweep.sessions`).

    Raises UsageError that names the package of a kind that can't be used.
    """
    return _OURS | {name: kind for name, (kind, _) in load_entries(GROUP, taken=_OURS).items()}


def kind_of(name: str) -> Kind:
    """The kind of that name, one of `kinds`."""
    kind = kinds()[name]
    if not isinstance(kind, str):
        return kind
    module, _, wanted = kind.partition(":")
    return getattr(import_module(f"licsweep.access.{module}"), wanted)  # type: ignore[no-any-return]


def conversation(
    login: Login, platform: Platform, known_hosts: KnownHosts, limits: Limits, **more: Any
) -> Conversation:
    """The conversation of the platform's kind, not yet opened; `more` as in Session. UsageError where there is none."""
    if platform.session not in kinds():
        why = f"no package brings sessions of the kind {platform.session}"
        hint = "licsweep ingest reads text gathered by other means"
        raise UsageError(f"platform {platform.name} can't be swept", why=why, hint=hint)
    first = kind_of(platform.session)(login, platform, known_hosts, limits, **more)
    if login.token or len({is_request(line) for line in platform.lines}) < 2:  # noqa: PLR2004 - all lines go one way
        return first
    other = _SECOND_WAY.get(platform.session)
    second = kind_of(other)(login.second, platform, known_hosts, limits, **more) if other and login.second else None
    return TwoWays(first, second, https_first=platform.transport == "https")
