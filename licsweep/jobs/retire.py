"""Retiring a host: its use no longer counts from a moment on; what was decided stays in its history."""

from datetime import UTC, datetime

from licsweep.clean_text import shell_word
from licsweep.errors import UsageError
from licsweep.jobs.store_queries import require_host
from licsweep.model import Retirement
from licsweep.settings import Project
from licsweep.store import writing


def retire(
    project: Project,
    hostname: str,
    *,
    why: str,
    at: datetime | None = None,
    reservation_returned: bool = False,
    force: bool = False,
) -> list[Retirement]:
    """Retires a host from `at` (default now) on and returns its whole history.

    Of a retired host a second call only records that its reservation was returned. Raises UsageError for a host that
    was never collected, is retired already, or answered after `at` (unless `force`); StoreError.
    """
    now = datetime.now(UTC)
    made = Retirement(
        hostname=hostname, at=at or now, why=why, reservation_returned=reservation_returned, recorded_at=now
    )
    with writing(project, "retire", create=False, alone=False) as store:
        require_host(store, hostname, "retire")
        known, last = store.retirements(made.at).get(hostname), store.last_answer(hostname)
        if known and (known.reservation_returned or not reservation_returned):
            why = f"since {known.at:%Y-%m-%d %H:%M} UTC: {known.why}"
            hint = f"licsweep retire {shell_word(hostname)} --undo"
            raise UsageError(f"{hostname}: already retired", why=why, hint=hint)
        if last and last > made.at and not force:
            what = f"{hostname}: answered after {made.at:%Y-%m-%d %H:%M} UTC"
            why = f"its last capture is of {last:%Y-%m-%d %H:%M} UTC"
            raise UsageError(what, why=why, hint="name a later time, or add --force")
        store.retire(made)
        return store.retirement_history(hostname)


def undo(project: Project, hostname: str, *, why: str | None = None, at: datetime | None = None) -> list[Retirement]:
    """Lets a retired host count again from `at` (default now) on and returns its whole history.

    Raises UsageError for a host that is not retired; StoreError.
    """
    with writing(project, "retire", create=False, alone=False) as store:
        if all(one.undone_at for one in store.retirement_history(hostname)):
            raise UsageError(f"{hostname}: not retired", why="there is nothing to undo", hint="licsweep retire --help")
        store.undo_retirements(hostname, at or datetime.now(UTC), why)
        return store.retirement_history(hostname)
