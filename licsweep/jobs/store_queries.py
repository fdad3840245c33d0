"""Looking into the store."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from difflib import get_close_matches

from licsweep.errors import LockedError, UsageError
from licsweep.model import Capture, HostState, Snapshot
from licsweep.settings import Project
from licsweep.store.lock import locked
from licsweep.store.store import Store


def snapshots(project: Project) -> list[Snapshot]:
    """All snapshots; one that still says running while nobody holds the lock was interrupted, and is marked so."""
    with Store(project.database) as store:
        found = store.snapshots()
        if any(one.state == "running" for one in found):
            with suppress(LockedError), locked(project.database, "snapshots"):  # else it really is running
                store.close_interrupted()
                found = store.snapshots()
        return found


def host(project: Project, name: str, as_of: datetime | None) -> tuple[HostState, Sequence[Capture]]:
    """The state of one host and the texts behind its observation. Raises UsageError for a host never seen."""
    moment = as_of or datetime.now(UTC)
    with Store(project.database) as store:
        states = store.host_states(as_of=moment, hostname=name)
        if not states:
            known = [state.hostname for state in store.host_states(as_of=moment)]
            near = get_close_matches(name, known, n=1)
            raise UsageError(
                f"{name}: never collected",
                why=f"the store knows {len(known)} hosts at that time",
                hint=f"licsweep show {near[0]}" if near else "licsweep snapshots",
            )
        state = states[0]
        captures = store.captures(state.snapshot_id, name) if state.snapshot_id is not None else []
        return state, captures
