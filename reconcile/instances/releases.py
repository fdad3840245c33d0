"""What a release can do: compared number by number, so that 17.10.1 is newer than 17.3.4a and 17.03.04a the same."""

import re
from functools import lru_cache

from licsweep.model import LicenseUse, Observation
from reconcile.instances.status_sets import IDLE
from reconcile.tables.rows import PolicyRelease, ServiceRow
from reconcile.tables.tables import Tables, finds, norm, starts_with

Version = tuple[tuple[int, ...], str]


@lru_cache(maxsize=10_000)
def version(text: str | None) -> Version | None:
    """Numbers and rebuild letter of a release (`17.03.04a`, `10.2(1)F`, `8-202102`); None where it has none."""
    found = re.search(r"\d+(?:[.\-(]\d+)+\)?([a-z]*)", text or "", re.IGNORECASE)
    if not found:
        return None
    return tuple(int(number) for number in re.findall(r"\d+", found[0])), found[1].lower()


def older(release: str | None, floor: str) -> bool:
    """True where a release is known and older than `floor`; rebuild letters do not count."""
    mine, least = version(release), version(floor)
    return bool(mine and least and _padded(mine[0]) < _padded(least[0]))


@lru_cache(maxsize=10_000)
def is_listed(release: str | None, patterns: tuple[str, ...]) -> bool:
    """True where a release is one of `17.4.*` (any of that train), `17.3.2` (any rebuild), `17.3.4a` (that rebuild)."""
    mine = version(release)
    return mine is not None and any(_fits(mine, pattern) for pattern in patterns)


def _fits(mine: Version, pattern: str) -> bool:
    wanted = version(pattern)
    if wanted is None:
        return False
    numbers, letter = wanted
    if pattern.endswith("*"):
        return mine[0][: len(numbers)] == numbers
    return _padded(mine[0]) == _padded(numbers) and letter in ("", mine[1])


def _padded(numbers: tuple[int, ...]) -> tuple[int, ...]:
    return (*numbers, 0, 0, 0, 0)[:4]


def policy_release(seen: Observation, tables: Tables) -> PolicyRelease | None:
    """The row that says from which release this product runs SLUP; None where no row knows the product."""
    pids = [norm(udi.pid) for udi in seen.udis if udi.pid]
    rows = (row for row in tables.releases.slup if _of_platform(row.platforms, seen, unknown_is=bool(row.models)))
    return next((row for row in rows if not row.models or starts_with(pids, row.models)), None)


def too_old_for_policy(seen: Observation, tables: Tables) -> PolicyRelease | None:
    """The row by which the release of this box is older than the first one with SLUP."""
    row = policy_release(seen, tables)
    return row if row and row.slup_from and older(seen.release, row.slup_from) else None


def lacks_root(seen: Observation, tables: Tables) -> str | None:
    """The release that brings today's root certificate of CSSM, where this one is known to lack it."""
    mine = version(seen.release)
    row = next((row for row in tables.releases.cssm_root if _of_platform(row.platforms, seen, unknown_is=False)), None)
    if mine is None or row is None:
        return None
    train = next((floor for floor in row.fixed if (version(floor) or ((), ""))[0][:2] == mine[0][:2]), row.since)
    return train if older(seen.release, train) else None


def onprem_floor(release: str | None, tables: Tables) -> str | None:
    """The On-Prem release that SLUP needs, where this one is older."""
    floors = tables.releases.onprem
    return floors[0].slup_from if floors and older(release, floors[0].slup_from) else None


def service_row(seen: Observation, state: str, tables: Tables) -> ServiceRow | None:
    """The row by which lateness (or overage) stops service on this box; None where it does not."""
    for row in tables.releases.service_affecting:
        fits = _of_platform(row.platforms, seen, unknown_is=bool(row.releases))
        fits = fits and (not row.states or state in row.states)
        fits = fits and (not row.releases or is_listed(seen.release, row.releases))
        if fits and (not row.licenses or any(_names(row, use) for use in seen.licenses)):
            return row
    return None


def _names(row: ServiceRow, use: LicenseUse) -> bool:
    """Whether a license in use is one that the row names."""
    in_use = use.count and use.status not in IDLE
    return bool(in_use) and finds(row.licenses, use.name, use.entitlement_tag, use.description)


def _of_platform(platforms: tuple[str, ...], seen: Observation, *, unknown_is: bool) -> bool:
    """Whether a row is for this platform; a box of unknown platform is taken where other fields decide."""
    return not platforms or (seen.platform in platforms if seen.platform else unknown_is)
