"""Two judgements beside each other: pools and suites that differ."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from licsweep.contract_types import SuitePosition
from licsweep.errors import InputError, did_you_mean
from licsweep.plan_types import PoolChange, SuiteChange
from licsweep.position_types import JudgementResult, Pool
from reconcile.judgement_input import JudgementInput
from reconcile.pools.pools import pool_id
from reconcile.tables.tables import norm

_NO_POOL = Pool(smart_account=None, virtual_account="", license="", license_id="", owned=None, balance=None, shortage=0)


def pool_changes(before: JudgementResult, after: JudgementResult) -> Iterator[PoolChange]:
    """The pools of which what is owned or charged differs."""
    was, now = ({pool_id(pool): pool for pool in side.judgement.pools} for side in (before, after))
    for name in sorted(was.keys() | now.keys()):
        old, new = was.get(name, _NO_POOL), now.get(name, _NO_POOL)
        shown = now.get(name) or old
        if (old.owned, old.charged) != (new.owned, new.charged):
            yield PoolChange(
                smart_account=shown.smart_account,
                virtual_account=shown.virtual_account,
                license=shown.license,
                charged=old.charged,
                charged_after=new.charged,
                owned=old.owned,
                owned_after=new.owned,
                balance=old.balance,
                balance_after=new.balance,
                shortage=old.shortage,
                shortage_after=new.shortage,
            )


def suite_changes(before: JudgementResult, after: JudgementResult) -> Iterator[SuiteChange]:
    """The suites of which use, entitlement or overage differ."""
    was, now = _suites(before), _suites(after)
    for key, old in was.items():
        new = now[key]
        figures = [(one.used, one.entitled, one.covered_elsewhere, one.over_by_use) for one in (old, new)]
        if figures[0] != figures[1]:
            yield SuiteChange(
                agreement=key[0],
                suite=key[1],
                used=old.used,
                used_after=new.used,
                entitled=old.entitled,
                entitled_after=new.entitled,
                over=old.over_by_use,
                over_after=new.over_by_use,
                exposure=old.exposure_by_use,
                exposure_after=new.exposure_by_use,
                currency=new.currency,
            )


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
