"""Two judgements beside each other: pools and suites that differ."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from licsweep.contract_types import SuitePosition
from licsweep.errors import InputError, did_you_mean
from licsweep.plan_types import PoolChange, SuiteChange
from licsweep.position_types import JudgementResult
from reconcile.judgement_input import JudgementInput
from reconcile.pools.pools import pool_id
from reconcile.tables.tables import norm


def pool_changes(before: JudgementResult, after: JudgementResult) -> Iterator[PoolChange]:
    """The pools of which what is owned or charged differs."""
    was, now = ({pool_id(pool): pool for pool in side.judgement.pools} for side in (before, after))
    for name, pool in sorted((was | now).items()):
        sides = [side.get(name) for side in (was, now)]
        if len({(one.owned, one.charged) if one else None for one in sides}) > 1:
            smart, virtual = pool.account
            yield PoolChange(
                smart_account=smart, virtual_account=virtual, license=pool.license, before=sides[0], after=sides[1]
            )


def suite_changes(before: JudgementResult, after: JudgementResult) -> Iterator[SuiteChange]:
    """The suites of which use, entitlement or overage differ."""
    now = _suites(after)
    for key, old in _suites(before).items():
        figures = {(one.used, one.entitled, one.covered_elsewhere, one.over_by_use) for one in (old, now[key])}
        if len(figures) > 1:
            yield SuiteChange(agreement=key[0], suite=key[1], before=old, after=now[key])


def _suites(result: JudgementResult) -> dict[tuple[str, str], SuitePosition]:
    return {(agreement.id, suite.name): suite for agreement in result.agreements for suite in agreement.suites}


def hosts_of(given: JudgementInput, patterns: tuple[str, ...]) -> set[str]:
    """The hosts of these names or patterns. Raises InputError for one that fits none."""
    known, found = [state.hostname for state in given.states if not state.retired], set[str]()
    for pattern in patterns:
        fit = {name for name in known if fnmatchcase(norm(name), norm(pattern))}
        if not fit:
            raise InputError(f"{pattern}: no host of this name was collected", why=did_you_mean(pattern, known))
        found |= fit
    return found
