"""Collecting over SSH: the selection, the credentials, the lock, the sweep."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from licsweep.errors import UsageError
from licsweep.estate import credentials as creds
from licsweep.estate import inventory as inv
from licsweep.estate.inventory import Target
from licsweep.estate.selection import Selection, select
from licsweep.model import Outcome
from licsweep.settings import Project
from licsweep.store.lock import locked
from licsweep.store.store import Store

LEFT_OUT_OF_COVERAGE = "unsupported"


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """A finished snapshot; `counts` add up to `selected`."""

    snapshot_id: int
    selected: int
    counts: Counter[str]
    interrupted: bool = False

    @property
    def percent(self) -> float:
        """The share that ended ok, of those that can have an answer."""
        base = self.selected - self.counts[LEFT_OUT_OF_COVERAGE]
        return 100.0 * self.counts["ok"] / base if base else 100.0


def sweep(
    project: Project,
    selection: Selection,
    *,
    gather_only: bool = False,
    failed_from: int | None = None,
    credentials: creds.Credentials | None = None,
    progress: Callable[[Outcome], None],
    selected: Callable[[int], None],
) -> Collected:
    """Sweeps the selected hosts; `selected` hears how many before the first session, `progress` each outcome.

    Raises LockedError, CredentialError, InventoryError, UsageError, StoreError.
    """
    from licsweep.access.hostkeys import KnownHosts
    from licsweep.access.session import Limits
    from licsweep.sweep import run

    settings = project.settings
    inventory = inv.load(project.inventory)
    targets = select(inventory, selection)
    known_hosts = KnownHosts(project.known_hosts)
    limits = Limits(connect=settings.connect_timeout, command=settings.command_timeout, device=settings.device_deadline)
    credentials = credentials or creds.find(use_agent=settings.use_ssh_agent)
    with locked(project.database, "sweep"):
        store = Store(project.database, create=True)
        try:
            store.close_interrupted()
            if failed_from is not None:
                targets = _failed(store, targets, failed_from)
            selected(len(targets))
            swept = run.sweep(
                inventory,
                targets,
                store,
                selection=str(selection) if failed_from is None else f"{selection}, failed in {failed_from}",
                credentials=credentials,
                known_hosts=known_hosts,
                limits=limits,
                workers=min(settings.workers, len(targets)),
                read=not gather_only,
                progress=progress,
            )
        finally:
            store.close()
    return Collected(
        snapshot_id=swept.snapshot_id, selected=len(targets), counts=swept.counts, interrupted=swept.interrupted
    )


def _failed(store: Store, targets: list[Target], snapshot_id: int) -> list[Target]:
    states = store.host_states(as_of=datetime.now(UTC), snapshot_id=snapshot_id)
    failed = {state.hostname for state in states if state.outcome not in ("ok", LEFT_OUT_OF_COVERAGE)}
    left = [target for target in targets if target.name in failed]
    if not left:
        raise UsageError(f"no selected host failed in snapshot {snapshot_id}", why="there is nothing to repeat")
    return left
