"""The findings of pools: short, covered, below their buffer, unused, ending, and what transfers close."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from itertools import chain, islice

from licsweep.position_types import FindingEvidence, Pool, Subject
from reconcile.findings import Raised
from reconcile.instance_findings import of_uses
from reconcile.lending import Chain
from reconcile.matching import Matcher
from reconcile.pairing import wrong_tiers
from reconcile.pools import PoolAccount, pool_id, shortages_on
from reconcile.terms import lapses
from reconcile.transfers import Plans

MOST_LINES = 50
Evidence = Callable[[Pool], list[FindingEvidence]]


def raise_pool(raised: Raised, page: PoolAccount, pool: Pool) -> None:
    """The findings of one pool today."""
    if pool.status == "ok":
        return
    subject, evidence = subject_of(pool), evidence_of(page)
    figures = f"{pool.charged} charged, {pool.owned} owned"
    if pool.borrowed:
        raised.add("covered-by-substitution", subject, f"borrows {', '.join(page.lenders)}: {figures}", evidence)
    if pool.status == "shortage":
        raised.add("shortage", subject, f"short of {pool.shortage}: {figures}", evidence)
    elif pool.status == "below-buffer":
        raised.add("below-buffer", subject, f"{figures}, a buffer of {pool.buffer_target} is wanted", evidence)
    elif pool.status == "unused":
        raised.add("unused-pool", subject, figures, evidence)


def raise_ending(
    raised: Raised,
    pages: Sequence[PoolAccount],
    pools: Mapping[str, Pool],
    chains: Sequence[Chain],
    day: date,
    days: int,
) -> None:
    """`term-ending-causes-shortage` in one virtual account: a pool's own term, or that of the pool that covers it."""
    told: set[str] = set()
    ends = {end for page in pages for end in lapses(page.terms, day, days)}
    today = shortages_on(pages, chains, day) if ends else {}
    for end in sorted(ends):
        then = shortages_on(pages, chains, end)
        for page in pages:
            short = then.get(page.license_id, 0)
            if short > today.get(page.license_id, 0) and page.license_id not in told:
                told.add(page.license_id)
                pool = pools[page.license_id]
                message = f"from {end} it is short of {short}, with {pool.charged} charged as today"
                raised.add("term-ending-causes-shortage", subject_of(pool), message, evidence_of(page))


def raise_closing(raised: Raised, pools: Iterable[Pool], plans: Plans, evidence: Evidence) -> None:
    """`false-shortage` where transfers close a pool's shortage whole; what they leave is the smart account's."""
    left: dict[tuple[str | None, str], list[tuple[Pool, int]]] = {}
    for pool in pools:
        if not pool.shortage:
            continue
        open_ = pool.shortage - plans.closed[pool_id(pool)]
        if not open_:
            moves = [t for t in plans.to_close if (t.smart_account, t.to) == (pool.smart_account, pool.virtual_account)]
            said = ", ".join(f"{t.quantity} of {t.license} from {t.from_}" for t in moves)
            message = f"short of {pool.shortage}, which the smart account can close by moving {said}"
            raised.add("false-shortage", subject_of(pool), message, evidence(pool))
        else:
            key = (pool.smart_account, pool.license)
            left.setdefault(key, []).append((pool, open_))
    for (smart, name), short in left.items():
        subject = Subject(kind="account", id=f"{smart or '-'}/{name}")
        message = f"no transfer closes {sum(units for _, units in short)} of {name}"
        raised.add("shortage-of-smart-account", subject, message, [e for pool, _ in short for e in evidence(pool)])


def raise_tiers(raised: Raised, pools: Iterable[Pool], matcher: Matcher, evidence: Evidence) -> None:
    """Deployed tiers against bought ones."""
    for pool, message in wrong_tiers(pools, matcher):
        raised.add("tier-mismatch", subject_of(pool), message, evidence(pool))


def subject_of(pool: Pool) -> Subject:
    """The subject of a pool's findings."""
    return Subject(kind="pool", id=pool_id(pool))


def evidence_of(page: PoolAccount) -> list[FindingEvidence]:
    """The first entitlement rows and lines of a pool; every line of a figure is in `Reconciled.uses`."""
    rows = (FindingEvidence(entitlement=e.source_file, row=e.source_row) for e in page.entitlements if e.source_file)
    return list(islice(chain(rows, of_uses(page.uses)), MOST_LINES))
