"""The kinds of session by name: ours, and those of other packages.

A kind that reads in its own way is a module beside this one.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from licsweep.access.basic import BasicSession
from licsweep.access.clish import ClishSession
from licsweep.access.conversation import Conversation
from licsweep.access.fdm import FdmSession
from licsweep.access.fmc import FmcSession
from licsweep.access.fxos import FxosSession
from licsweep.access.hostkeys import KnownHosts
from licsweep.access.login import Limits, Login
from licsweep.access.rest import RestSession
from licsweep.access.ssh_session import CHANGEABLE, Session
from licsweep.access.tsh import TshSession
from licsweep.access.two_ways import TwoWays
from licsweep.access.vos import VosSession
from licsweep.errors import UsageError
from licsweep.line_patterns import is_request
from licsweep.platforms import Platform, load_entries

GROUP = "licsweep.sessions"


class IosSession(Session):
    """IOS, IOS XE and ASA: they know `enable`."""

    lines = CHANGEABLE["ios"]


Kind = type[Session] | type[RestSession]
_OURS: dict[str, Kind] = {
    "ios": IosSession,
    "nxos": Session,
    "asa": IosSession,
    "xr": Session,
    "clish": ClishSession,
    "fxos": FxosSession,
    "vos": VosSession,
    "tsh": TshSession,
    "fmc": FmcSession,
    "fdm": FdmSession,
    "basic": BasicSession,
}
_SECOND_WAY = {"fmc": "clish", "vos": "basic", "tsh": "basic"}
"""The kind of session of the other way, where a platform has two: SSH beside HTTPS, HTTPS beside SSH."""


@lru_cache(maxsize=1)
def kinds() -> Mapping[str, Kind]:
    """The kinds of session by name: ours, and those of other packages (entry points `licsweep.sessions`).

    Raises UsageError that names the package of a kind that can't be used.
    """
    return _OURS | {name: kind for name, (kind, _) in load_entries(GROUP, taken=_OURS).items()}


def conversation(
    login: Login, platform: Platform, known_hosts: KnownHosts, limits: Limits, **more: Any
) -> Conversation:
    """The conversation of the platform's kind, not yet opened; `more` as in Session. UsageError where there is none."""
    if platform.session not in kinds():
        why = f"no package brings sessions of the kind {platform.session}"
        hint = "licsweep ingest reads text gathered by other means"
        raise UsageError(f"platform {platform.name} can't be swept", why=why, hint=hint)
    first = kinds()[platform.session](login, platform, known_hosts, limits, **more)
    if login.token or len({is_request(line) for line in platform.lines}) < 2:  # noqa: PLR2004 - all lines go one way
        return first
    kind = kinds().get(_SECOND_WAY.get(platform.session, ""))
    second = kind(login.second, platform, known_hosts, limits, **more) if kind and login.second else None
    return TwoWays(first, second, https_first=platform.transport == "https")
