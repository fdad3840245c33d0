"""Pools: one license in one virtual account, as sums of what was bought and of every matched license line."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import chain, islice

from licsweep.model import Utc
from licsweep.position_types import Entitlement, FindingEvidence, Pool, PoolStatus, SmartAccountTotal, Term, Use
from reconcile.grouping import lists_by
from reconcile.pools.terms import Holdings, holdings

PERCENT = 100
MOST_EVIDENCE = 50
Account = tuple[str | None, str]
PoolKey = tuple[str | None, str, str]


@dataclass
class PoolAccount:
    """The entitlements and license lines of one pool, and their sums.

    `known`: an import says what its virtual account owns; else ownership is unknown, not 0.
    """

    smart_account: str | None
    virtual_account: str
    license: str
    license_id: str
    known: bool
    entitlements: list[Entitlement] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    charged: int = 0
    borrowed: int = 0
    lent: int = 0
    lenders: Counter[str] = field(default_factory=Counter)

    @property
    def account(self) -> Account:
        return self.smart_account, self.virtual_account

    @property
    def terms(self) -> list[Term]:
        return [term for entitlement in self.entitlements for term in entitlement.terms]

    @cached_property
    def evidence(self) -> tuple[FindingEvidence, ...]:
        """The first entitlement rows and lines."""
        files = (e for e in self.entitlements if e.source_file)
        rows = (FindingEvidence(entitlement=e.source_file, row=e.source_row) for e in files)
        return tuple(islice(chain(rows, evidence_of(self.uses)), MOST_EVIDENCE))

    def charge(self, uses: Sequence[Use]) -> None:
        """Adds one instance's lines: use and reservation of one license are the same units on one box, not on two."""
        self.uses += uses
        for of_box in lists_by((use.hostname, use) for use in uses).values():
            units = _totals(of_box)
            self.charged += max(units["in_use"], units["reserved"])

    def pool(self, day: date, *, ending_days: int, buffer_percent: float) -> Pool:
        """The arithmetic of the pool on a day (docs/judgement.md, Counting)."""
        held = holdings(self.terms, day, ending_days)
        balance = held.owned + self.borrowed - self.lent - self.charged
        # By decimals: 1.1 percent of 3,000 is 33, and in binary a little more.
        target = math.ceil(Decimal(str(buffer_percent)) * (self.charged + self.lent) / PERCENT)
        shortage = 0 if held.unlimited else max(0, -balance)
        cssm, units = [e for e in self.entitlements if e.cssm_in_use is not None], _totals(self.uses)
        return Pool(
            smart_account=self.smart_account,
            virtual_account=self.virtual_account,
            license=self.license,
            license_id=self.license_id,
            owned=held.owned if self.known else None,
            demo=held.demo if self.known else None,
            future=held.future if self.known else None,
            ending_within_90_days=held.ending,
            unlimited=held.unlimited,
            in_use=units["in_use"],
            in_use_stale=_totals(use for use in self.uses if use.stale)["in_use"],
            in_evaluation=units["in_evaluation"],
            reserved=units["reserved"],
            charged=self.charged,
            borrowed=self.borrowed,
            lent=self.lent,
            balance=balance if self.known else None,
            shortage=shortage if self.known else None,
            buffer_target=target if self.known else None,
            can_lend=(0 if held.unlimited else max(0, balance - target)) if self.known else None,
            status=self._status(held, shortage=shortage, short_of_buffer=balance < target),
            cssm_in_use=sum(e.cssm_in_use or 0 for e in cssm) if cssm else None,
            cssm_as_of=_oldest(e.exported_at for e in cssm),
            oldest_capture=_oldest(use.captured_at for use in self.uses),
        )

    def _status(self, held: Holdings, *, shortage: int, short_of_buffer: bool) -> PoolStatus:
        if not self.known:
            return "owned-unknown"
        if shortage:
            return "shortage"
        if self.borrowed:
            return "covered-by-substitution"
        if short_of_buffer and not held.unlimited:
            return "below-buffer"
        return "unused" if held.owned and not self.charged else "ok"


class Ledger:
    """All pools with ownership or use; `known` tells whether an import says what an account owns."""

    def __init__(self, known: Callable[[str | None, str], bool]) -> None:
        self._known = known
        self.accounts: dict[PoolKey, PoolAccount] = {}

    def own(self, place: Account, license_id: str, name: str, entitlement: Entitlement) -> None:
        self._account(*place, license_id, name).entitlements.append(entitlement)

    def charge(self, uses: Iterable[Use]) -> None:
        """Adds the lines of one instance; what does not count or has no license opens no pool."""
        pooled = (
            ((*use.account, use.license_id, use.license), use)
            for use in uses
            if use.license_id and use.license and use.counted_as != "not_counted"
        )
        for key, counted in lists_by(pooled).items():
            self._account(*key).charge(counted)

    def _account(self, smart: str | None, virtual: str, license_id: str, name: str) -> PoolAccount:
        key = (smart, virtual, license_id)
        if key not in self.accounts:
            self.accounts[key] = PoolAccount(smart, virtual, name, license_id, self._known(smart, virtual))
        return self.accounts[key]

    def by_account(self) -> dict[Account, list[PoolAccount]]:
        """In the order of accounts and licenses."""
        keys = sorted(self.accounts, key=lambda k: (k[0] or "", *k[1:]))
        return lists_by((key[:2], self.accounts[key]) for key in keys)


def totals(pools: Iterable[Pool]) -> list[SmartAccountTotal]:
    """Each license over all virtual accounts of a smart account; usage-billed pools add no shortage."""
    made = []
    for _, group in sorted(lists_by(((each.smart_account or "", each.license_id), each) for each in pools).items()):
        owned = [each.owned for each in group if each.owned is not None]
        whole = len(owned) == len(group)
        made.append(
            SmartAccountTotal(
                smart_account=group[0].smart_account,
                license=group[0].license,
                owned=sum(owned) if owned else None,
                charged=sum(each.charged for each in group),
                balance=sum(each.balance or 0 for each in group) if whole else None,
                shortage=max(0, -sum(each.balance or 0 for each in group if not each.unlimited)) if whole else None,
            )
        )
    return made


def pool_id(each: Pool) -> str:
    """The subject of a pool's findings."""
    return f"{each.smart_account or '-'}/{each.virtual_account}/{each.license}"


def evidence_of(uses: Iterable[Use]) -> Iterator[FindingEvidence]:
    """The lines of captures that uses were read from."""
    return (
        FindingEvidence(capture=use.capture, line=use.line, path=use.path, text=use.text) for use in uses if use.capture
    )


def _totals(uses: Iterable[Use]) -> dict[str, int]:
    """Units by how they count."""
    units = {"in_use": 0, "in_evaluation": 0, "reserved": 0, "legacy": 0}
    for use in uses:
        units[use.counted_as] += use.count or 0
    return units


def _oldest(dates: Iterable[Utc | None]) -> Utc | None:
    return min((d for d in dates if d), default=None)
