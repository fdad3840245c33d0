"""What the store holds of one host, and what it holds of the future."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime

from licsweep.clean_text import shell_word
from licsweep.errors import UsageError
from licsweep.model import Capture, HostState
from licsweep.settings import Project
from licsweep.store import Store, reading

log = logging.getLogger(__name__)


def host(project: Project, name: str, as_of: datetime | None) -> tuple[HostState, Sequence[Capture]]:
    """The state of one host and the texts behind its observation. Raises UsageError where it was not collected."""
    moment = as_of or datetime.now(UTC)
    with reading(project) as store:
        require_host(store, name, "show")
        for state in store.host_states(as_of=moment, hostname=name):
            return state, store.captures(state.snapshot_id, name) if state.snapshot_id is not None else ()
    what = f"{name}: not collected by {moment:%Y-%m-%d %H:%M} UTC"
    raise UsageError(what, why="its first result is newer", hint="licsweep snapshots")


def require_host(store: Store, name: str, verb: str) -> None:
    """Raises UsageError, with what to type instead, for a host of which the store holds no result."""
    known = store.hostnames()
    if name not in known:
        from difflib import get_close_matches

        near = get_close_matches(name, known, n=1)
        hint = f"licsweep {verb} {shell_word(near[0])}" if near else "licsweep snapshots"
        raise UsageError(f"{name}: never collected", why=f"the store knows {len(known)} hosts", hint=hint)


def tell_of_future(store: Store, now: datetime) -> None:
    """Warns of results that are dated after now: they count only when their time has come."""
    if count := store.dated_after(now):
        log.warning("%d results are dated after now and do not count: this clock is behind, or was ahead", count)
