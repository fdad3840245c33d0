"""Pools: one licence in one virtual account, as sums of what was bought and of every matched licence line."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from licsweep.judged import Entitlement, Exposure, Pool, SmartAccountTotal, Term, Use
from licsweep.model import Utc
from reconcile.owning import Holdings, holdings
from reconcile.tables import Tables

PERCENT = 100
Status = Literal["shortage", "covered-by-substitution", "below-buffer", "unused", "ok"]


@dataclass(slots=True)
class Page:
    """The ledger's page of one pool while it is being summed."""

    smart_account: str | None
    virtual_account: str
    license: str
    license_id: str
    entitlements: list[Entitlement] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    charged: int = 0

    @property
    def terms(self) -> list[Term]:
        return [term for entitlement in self.entitlements for term in entitlement.terms]

    def charge(self, uses: list[Use]) -> None:
        """Adds one instance's lines: use and reservation of one licence on one box are the same units."""
        self.uses += uses
        self.charged += max(_total(uses, "in_use"), _total(uses, "reserved"))


@dataclass(slots=True)
class Ledger:
    """All pools with ownership or use."""

    pages: dict[tuple[str | None, str, str], Page] = field(default_factory=dict)

    def own(self, place: tuple[str | None, str], license_id: str, name: str, entitlement: Entitlement) -> None:
        self._page(*place, license_id, name).entitlements.append(entitlement)

    def charge(self, uses: Iterable[Use]) -> None:
        """Adds the lines of one instance; what does not count or has no licence opens no pool."""
        lines: dict[tuple[str | None, str, str, str], list[Use]] = {}
        for use in uses:
            if use.license_id and use.license and use.counted_as != "not_counted":
                key = (use.smart_account, use.virtual_account, use.license_id, use.license)
                lines.setdefault(key, []).append(use)
        for key, counted in lines.items():
            self._page(*key).charge(counted)

    def _page(self, smart: str | None, virtual: str, license_id: str, name: str) -> Page:
        key = (smart, virtual, license_id)
        if key not in self.pages:
            self.pages[key] = Page(smart_account=smart, virtual_account=virtual, license=name, license_id=license_id)
        return self.pages[key]

    def in_order(self) -> list[Page]:
        return [self.pages[key] for key in sorted(self.pages, key=lambda k: (k[0] or "", *k[1:]))]


def pool(page: Page, day: date, *, ending_days: int, buffer_percent: int) -> Pool:
    """The arithmetic of one pool on a day (docs/judgement.md, Counting)."""
    held = holdings(page.terms, day, ending_days)
    balance = held.owned - page.charged
    target = -(-page.charged * buffer_percent // PERCENT)
    shortage = 0 if held.unlimited else max(0, -balance)
    cssm = [e for e in page.entitlements if e.cssm_in_use is not None]
    reads = [use.captured_at for use in page.uses if use.captured_at]
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
        balance=balance,
        shortage=shortage,
        buffer_target=target,
        can_lend=0 if held.unlimited else max(0, balance - target),
        status=_status(held, shortage=shortage, charged=page.charged, short_of_buffer=balance < target),
        cssm_in_use=sum(e.cssm_in_use or 0 for e in cssm) if cssm else None,
        cssm_as_of=_oldest(e.exported_at for e in cssm),
        oldest_capture=min(reads, default=None),
    )


def _status(held: Holdings, *, shortage: int, charged: int, short_of_buffer: bool) -> Status:
    if shortage:
        return "shortage"
    if short_of_buffer and not held.unlimited:
        return "below-buffer"
    return "unused" if held.owned and not charged else "ok"


def totals(pools: Iterable[Pool]) -> list[SmartAccountTotal]:
    """Each licence over all virtual accounts of a smart account; usage-billed pools add no shortage."""
    groups: dict[tuple[str, str], list[Pool]] = {}
    for each in pools:
        groups.setdefault((each.smart_account or "", each.license_id), []).append(each)
    return [_total_of(groups[key]) for key in sorted(groups)]


def exposure(pools: Iterable[Pool], tables: Tables) -> list[Exposure]:
    """The shortfall of each smart account; money where the catalogue states a price."""
    ids = {each.license: each.license_id for each in pools}
    return [_exposed(total, ids[total.license], tables) for total in totals(pools) if total.shortage]


def _exposed(total: SmartAccountTotal, license_id: str, tables: Tables) -> Exposure:
    price, currency = tables.price(license_id)
    return Exposure(
        smart_account=total.smart_account,
        license=total.license,
        units=total.shortage,
        money=None if price is None else round(total.shortage * price, 2),
        currency=currency,
    )


def _total_of(pools: list[Pool]) -> SmartAccountTotal:
    limited = sum(each.balance for each in pools if not each.unlimited)
    return SmartAccountTotal(
        smart_account=pools[0].smart_account,
        license=pools[0].license,
        owned=sum(each.owned for each in pools),
        charged=sum(each.charged for each in pools),
        balance=sum(each.balance for each in pools),
        shortage=max(0, -limited),
    )


def _total(uses: Iterable[Use], counted_as: str) -> int:
    return sum(use.count or 0 for use in uses if use.counted_as == counted_as)


def _oldest(dates: Iterable[Utc | None]) -> Utc | None:
    return min((d for d in dates if d), default=None)
