"""Pools: one license in one virtual account, as sums of what was bought and of every matched license line."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import chain, islice
from typing import Literal

from licsweep.model import Utc
from licsweep.position_types import Entitlement, Exposure, FindingEvidence, Pool, SmartAccountTotal, Term, Use
from reconcile.pools.lending import Chain, loans
from reconcile.pools.terms import Holdings, holdings
from reconcile.tables.tables import Tables

PERCENT = 100
Status = Literal["shortage", "covered-by-substitution", "below-buffer", "unused", "ok"]
Account = tuple[str | None, str]


MOST_EVIDENCE = 50


@dataclass
class PoolAccount:
    """The entitlements and license lines of one pool, and their sums."""

    smart_account: str | None
    virtual_account: str
    license: str
    license_id: str
    entitlements: list[Entitlement] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    charged: int = 0
    borrowed: int = 0
    lent: int = 0
    lenders: list[str] = field(default_factory=list)

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
        """Adds one instance's lines: use and reservation of one license on one box are the same units."""
        self.uses += uses
        self.charged += max(_total(uses, "in_use"), _total(uses, "reserved"))


@dataclass(slots=True)
class Ledger:
    """All pools with ownership or use."""

    pages: dict[tuple[str | None, str, str], PoolAccount] = field(default_factory=dict)

    def own(self, place: Account, license_id: str, name: str, entitlement: Entitlement) -> None:
        self._page(*place, license_id, name).entitlements.append(entitlement)

    def charge(self, uses: Iterable[Use]) -> None:
        """Adds the lines of one instance; what does not count or has no license opens no pool."""
        lines: dict[tuple[str | None, str, str, str], list[Use]] = {}
        for use in uses:
            if use.license_id and use.license and use.counted_as != "not_counted":
                key = (use.smart_account, use.virtual_account, use.license_id, use.license)
                lines.setdefault(key, []).append(use)
        for key, counted in lines.items():
            self._page(*key).charge(counted)

    def _page(self, smart: str | None, virtual: str, license_id: str, name: str) -> PoolAccount:
        key = (smart, virtual, license_id)
        if key not in self.pages:
            self.pages[key] = PoolAccount(
                smart_account=smart, virtual_account=virtual, license=name, license_id=license_id
            )
        return self.pages[key]

    def in_order(self) -> list[PoolAccount]:
        return [self.pages[key] for key in sorted(self.pages, key=lambda k: (k[0] or "", *k[1:]))]

    def by_account(self) -> dict[Account, list[PoolAccount]]:
        accounts: dict[Account, list[PoolAccount]] = {}
        for page in self.in_order():
            accounts.setdefault(page.account, []).append(page)
        return accounts


def substitute(pages: Sequence[PoolAccount], chains: Sequence[Chain], day: date) -> None:
    """Borrows and lends between the pages of one virtual account on a day."""
    by_id = {page.license_id: page for page in pages}
    for loan in loans(balances_on(pages, day), chains):
        by_id[loan.lender].lent += loan.quantity
        by_id[loan.borrower].borrowed += loan.quantity
        by_id[loan.borrower].lenders.append(f"{loan.quantity} of {by_id[loan.lender].license}")


def balances_on(pages: Iterable[PoolAccount], day: date) -> dict[str, int]:
    """Owned on a day less what is charged now, by license; pools without limit neither lend nor borrow."""
    held = [(page, holdings(page.terms, day, 0)) for page in pages]
    return {page.license_id: has.owned - page.charged for page, has in held if not has.unlimited}


def shortages_on(pages: Sequence[PoolAccount], chains: Sequence[Chain], day: date) -> Mapping[str, int]:
    """What each license of one virtual account would lack on a day, with today's use."""
    left = balances_on(pages, day)
    for loan in loans(left, chains):
        left[loan.lender] -= loan.quantity
        left[loan.borrower] += loan.quantity
    return {license_id: -balance for license_id, balance in left.items() if balance < 0}


def pool(page: PoolAccount, day: date, *, ending_days: int, buffer_percent: float) -> Pool:
    """The arithmetic of one pool on a day (docs/judgement.md, Counting)."""
    held = holdings(page.terms, day, ending_days)
    balance = held.owned + page.borrowed - page.lent - page.charged
    target = math.ceil((page.charged + page.lent) * buffer_percent / PERCENT)
    shortage = 0 if held.unlimited else max(0, -balance)
    cssm = [e for e in page.entitlements if e.cssm_in_use is not None]
    return Pool(
        smart_account=page.smart_account,
        virtual_account=page.virtual_account,
        license=page.license,
        license_id=page.license_id,
        owned=held.owned,
        demo=held.demo,
        future=held.future,
        ending_within_90_days=held.ending,
        unlimited=held.unlimited,
        in_use=_total(page.uses, "in_use"),
        in_use_stale=_total((use for use in page.uses if use.stale), "in_use"),
        in_evaluation=_total(page.uses, "in_evaluation"),
        reserved=_total(page.uses, "reserved"),
        charged=page.charged,
        borrowed=page.borrowed,
        lent=page.lent,
        balance=balance,
        shortage=shortage,
        buffer_target=target,
        can_lend=0 if held.unlimited else max(0, balance - target),
        status=_status(page, held, shortage=shortage, short_of_buffer=balance < target),
        cssm_in_use=sum(e.cssm_in_use or 0 for e in cssm) if cssm else None,
        cssm_as_of=_oldest(e.exported_at for e in cssm),
        oldest_capture=_oldest(use.captured_at for use in page.uses),
    )


def _status(page: PoolAccount, held: Holdings, *, shortage: int, short_of_buffer: bool) -> Status:
    if shortage:
        return "shortage"
    if page.borrowed:
        return "covered-by-substitution"
    if short_of_buffer and not held.unlimited:
        return "below-buffer"
    return "unused" if held.owned and not page.charged else "ok"


def totals(pools: Iterable[Pool]) -> list[SmartAccountTotal]:
    """Each license over all virtual accounts of a smart account; usage-billed pools add no shortage."""
    groups: dict[tuple[str, str], list[Pool]] = {}
    for each in pools:
        groups.setdefault((each.smart_account or "", each.license_id), []).append(each)
    return [
        SmartAccountTotal(
            smart_account=group[0].smart_account,
            license=group[0].license,
            owned=sum(each.owned for each in group),
            charged=sum(each.charged for each in group),
            balance=sum(each.balance for each in group),
            shortage=max(0, -sum(each.balance for each in group if not each.unlimited)),
        )
        for _, group in sorted(groups.items())
    ]


def exposure(pools: Iterable[Pool], closed: Counter[str], tables: Tables) -> list[Exposure]:
    """What each smart account lacks after substitution and transfers; money where the catalogue states a price.

    `closed` is how many units of its shortage transfers bring to each pool, by `pool_id`.
    """
    lacking: Counter[tuple[str | None, str, str]] = Counter()
    for each in pools:
        lacking[each.smart_account, each.license, each.license_id] += each.shortage - closed[pool_id(each)]
    made = []
    for smart, name, license_id in sorted(+lacking, key=lambda key: (key[0] or "", key[2])):  # + leaves out what is 0
        units = lacking[smart, name, license_id]
        price, currency = tables.price(license_id)
        money = None if price is None else round(units * price, 2)
        made.append(Exposure(smart_account=smart, license=name, units=units, money=money, currency=currency))
    return made


def pool_id(each: Pool) -> str:
    """The subject of a pool's findings."""
    return f"{each.smart_account or '-'}/{each.virtual_account}/{each.license}"


def evidence_of(uses: Iterable[Use]) -> Iterator[FindingEvidence]:
    """The lines of captures that uses were read from."""
    return (FindingEvidence(capture=use.capture, line=use.line, text=use.text) for use in uses if use.capture)


def _total(uses: Iterable[Use], counted_as: str) -> int:
    return sum(use.count or 0 for use in uses if use.counted_as == counted_as)


def _oldest(dates: Iterable[Utc | None]) -> Utc | None:
    return min((d for d in dates if d), default=None)
