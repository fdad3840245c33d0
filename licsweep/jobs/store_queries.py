"""What the store holds: its snapshots, and one host."""

from collections.abc import Sequence
from datetime import UTC, datetime
from difflib import get_close_matches

from licsweep.errors import UsageError
from licsweep.model import Capture, HostState, Snapshot
from licsweep.settings import Project
from licsweep.store import Store, reading


def snapshots(project: Project) -> list[Snapshot]:
    """All snapshots, oldest first; one that no run writes any more is interrupted. Raises StoreError."""
    with reading(project) as store:
        return store.snapshots()


def host(project: Project, name: str, as_of: datetime | None) -> tuple[HostState, Sequence[Capture]]:
    """The state of one host and the texts behind its observation. Raises UsageError for a host never collected."""
    with reading(project) as store:
        state = state_of(store, name, as_of or datetime.now(UTC))
        captures = store.captures(state.snapshot_id, name) if state.snapshot_id is not None else []
        return state, captures


def state_of(store: Store, name: str, moment: datetime) -> HostState:
    """The state of one host at a moment. Raises UsageError for a host that was not collected by then."""
    for state in store.host_states(as_of=moment, hostname=name):
        return state
    known = store.hostnames()
    near = get_close_matches(name, known, n=1)
    raise UsageError(
        f"{name}: never collected" if name not in known else f"{name}: not collected by {moment:%Y-%m-%d %H:%M} UTC",
        why=f"the store knows {len(known)} hosts",
        hint=f"licsweep show {near[0]}" if near else "licsweep snapshots",
    )
