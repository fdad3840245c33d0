"""What the rules see: everything that one judgement works out, in the order in which it is worked out."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from licsweep.model import as_utc
from licsweep.position_types import FindingEvidence, Pool, Use
from reconcile.contract.agreements import agreements
from reconcile.contract.contract_input import ContractInput
from reconcile.contract.subscriptions import subscriptions
from reconcile.grouping import sums_by
from reconcile.instances.account_assignment import AccountAssignment, Accounts
from reconcile.instances.cssm_index import CssmIndex, clean_up, strangers
from reconcile.instances.drift import drift
from reconcile.instances.ha_peers import with_peers
from reconcile.instances.identity import ProductInstance, product_instances
from reconcile.instances.states import State, state_of
from reconcile.judgement_input import JudgementInput
from reconcile.licenses.counting import Counting
from reconcile.licenses.managed import Managers
from reconcile.licenses.matching import Matcher
from reconcile.pools.closing import short_pools
from reconcile.pools.cssm_alerts import judged_alerts
from reconcile.pools.lending import Chain, higher, substitute, substitution_rows
from reconcile.pools.pools import Ledger, PoolAccount, PoolKey, pool_id
from reconcile.pools.transfers import plans


@dataclass(frozen=True, slots=True)
class JudgedInstance:
    """One product instance before judgement: where it belongs, its state, its license lines, and where its inventory
    entries contradict."""

    unit: ProductInstance
    place: AccountAssignment
    state: State
    uses: Sequence[Use]
    conflict: str = ""


class JudgementContext:
    """One judgement, worked out when it is made: identity, accounts, states and license lines of every instance, then
    pools, then transfers, then agreements. Rules read it; nothing changes it afterwards.

    `instances` leaves out retired boxes and standby peers that could not be told from others (`passive`); `uses` are
    the license lines of all. `pool_accounts` are the entitlements and lines of each pool, by `pool_id`.
    """

    def __init__(self, given: JudgementInput) -> None:
        self.given = replace(given, as_of=as_utc(given.as_of))
        self.tables, self.as_of, day = given.tables, self.given.as_of, self.given.as_of.date()
        self.units = with_peers(product_instances(given.states))
        self.cssm = CssmIndex(self.units, given.cssm_instances)
        self.strangers = strangers(self.units, self.cssm, self.tables, self.as_of)
        self.accounts = Accounts(self.units, self.cssm, given)
        self.matcher = Matcher(self.tables, given.entitlements, (unit.observation for unit in self.units))
        self.managers = Managers(self.units, self.tables)
        cases = self._cases()
        ledger = self._bought()
        cases = [case for case in cases if not case.unit.retired] + _retired(cases, ledger)
        for case in cases:
            ledger.charge(case.uses)
        self.instances = tuple(case for case in cases if not case.unit.passive and not case.unit.retired)
        self.uses = tuple(use for case in cases for use in case.uses)
        self.chains: list[Chain] = [[self.matcher.named(name) for name in row.chain] for row in self.tables.chains]
        self.pools: list[Pool] = []
        self.pool_accounts: dict[str, PoolAccount] = {}
        for account, held in ledger.by_account().items():
            substitute(held, self.chains, day)
            row = self.accounts.names.row(*account)
            own = row.buffer_percent if row else None
            buffer = given.options.buffer_percent if own is None else own
            for one in held:
                self.pools.append(one.pool(day, ending_days=given.options.ending_days, buffer_percent=buffer))
                self.pool_accounts[pool_id(self.pools[-1])] = one
        self.plans = plans(self.pool_accounts, self.pools, higher(self.chains), day)
        self.shortages = short_pools(self.pools, self.plans, self.uses)
        self.substitutions = substitution_rows(self.pool_accounts.values(), self.matcher, self.chains)
        self.alerts = tuple(judged_alerts(given.cssm_alerts, self.pools, self.accounts.names, self.tables.alerts))
        self.drift = drift(self.units)
        self.clean_up = clean_up(self.strangers, self.accounts.names)
        contract = ContractInput(
            today=day,
            file=self.tables.contract,
            pools=self.pools,
            names=self.accounts.names,
            matcher=self.matcher,
            clean_up=self.clean_up,
            history=given.history,
        )
        self.agreements = agreements(contract)
        self.subscriptions = tuple(subscriptions(contract, self.pool_accounts))

    def evidence(self, each: Pool) -> tuple[FindingEvidence, ...]:
        """The first entitlement rows and lines of a pool; every line of a figure is in `JudgementResult.uses`."""
        return self.pool_accounts[pool_id(each)].evidence

    def _cases(self) -> list[JudgedInstance]:
        lines = Counting(self.managers, self.tables, self.matcher)
        horizon = timedelta(days=self.given.options.due_horizon_days)
        cases = []
        for unit in self.units:
            place = self.accounts.of_unit(unit)
            state = state_of(unit.observation, self.as_of, horizon, self.tables)
            cases.append(JudgedInstance(unit, place, state, *lines.uses_of(unit, place)))
        return cases

    def _bought(self) -> Ledger:
        ledger = Ledger(self.accounts.owned_known)
        rows = sorted(self.given.entitlements, key=lambda e: (e.source_file or "", e.source_row or 0, repr(e)))
        for row in rows:
            license_id = self.matcher.bought(row)
            ledger.own(self.accounts.of_entitlement(row), license_id, self.matcher.name(license_id), row)
        return ledger


def _retired(cases: Sequence[JudgedInstance], ledger: Ledger) -> list[JudgedInstance]:
    """The retired boxes, each with the reservations that it still holds: scrapping a box frees none, a return code
    does. They end where the return was recorded, or where a newer export of the account shows fewer units reserved
    than the other boxes hold with them."""
    uses = (use for case in cases if not case.unit.retired for use in case.uses if use.counted_as == "reserved")
    held = sums_by(((*use.account, use.license_id or ""), use.count or 0) for use in uses)
    made = []
    for case in cases:
        if retired := case.unit.retired:
            reserved = [use for use in case.uses if use.counted_as == "reserved" and not retired.reservation_returned]
            kept = [use for use in reserved if not _released(use, retired.at, held, ledger)]
            made.append(replace(case, uses=kept))
    return made


def _released(use: Use, retired_at: datetime, held: Counter[PoolKey], ledger: Ledger) -> bool:
    key = (*use.account, use.license_id or "")
    rows = ledger.accounts[key].entitlements if key in ledger.accounts else []
    newer = [row.cssm_reserved for row in rows if row.exported_at and row.exported_at > retired_at]
    stated = [units for units in newer if units is not None]
    return bool(stated) and sum(stated) <= held[key]
