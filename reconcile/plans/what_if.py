"""The position if boxes were retired, boxes of a model added, or terms ended: judged from copies, nothing is stored."""

from collections.abc import Sequence
from dataclasses import replace

from licsweep.errors import InputError, did_you_mean
from licsweep.model import HostState, Observation, Record, Retirement
from licsweep.plan_types import WhatIf
from licsweep.position_types import Entitlement
from reconcile.comparison import finding_changes
from reconcile.judge import judge
from reconcile.judgement_input import JudgementInput
from reconcile.plans.changes import hosts_of, pool_changes, suite_changes
from reconcile.tables.tables import norm

MOST_ADDED = 10_000


class Added(Record):
    """So many boxes like the first one known of a model; in a virtual account of their own, or where that one is."""

    number: int
    model: str
    virtual_account: str | None = None

    @classmethod
    def read(cls, text: str) -> "Added":
        """NUMBER:MODEL or NUMBER:MODEL:VIRTUAL_ACCOUNT. Raises InputError."""
        number, _, rest = text.partition(":")
        model, _, account = rest.partition(":")
        if not (number.isdecimal() and 0 < int(number) <= MOST_ADDED and model):
            raise InputError(
                f"{text}: not a number of boxes and a model", why=f"1 to {MOST_ADDED}", hint="10:C9300-24T"
            )
        return cls(number=int(number), model=model, virtual_account=account or None)


def what_if(
    given: JudgementInput, *, retire: tuple[str, ...] = (), add: Sequence[Added] = (), end: Sequence[str] = ()
) -> WhatIf:
    """What changes. Retired boxes keep their reservations, as in `licsweep retire`.

    Raises InputError for a host, a model or a subscription that nothing knows.
    """
    after, assumed = given, []
    if retire:
        hosts = hosts_of(given, retire)
        after = replace(
            after, states=[_retired(state, given) if state.hostname in hosts else state for state in given.states]
        )
        assumed.append(f"retired: {', '.join(sorted(hosts))}")
    for one in add:
        like = _like(given, one.model)
        copies = [_copy(like, number, one) for number in range(1, one.number + 1)]
        after = replace(after, states=[*after.states, *copies])
        assumed.append(f"added: {one.number} boxes that use what {like.hostname} uses")
    for subscription in end:
        after = _ended(after, subscription)
        assumed.append(f"ended: {subscription}")
    results = judge(given), judge(after)
    findings = list(finding_changes(results[0].judgement.findings, results[1].judgement.findings))
    new, gone = ([one.finding for one in findings if one.change == change] for change in ("new", "gone"))
    return WhatIf(
        as_of=results[0].judgement.as_of,
        assumed=tuple(assumed),
        pools=tuple(pool_changes(*results)),
        suites=tuple(suite_changes(*results)),
        new_findings=tuple(new),
        gone_findings=tuple(gone),
    )


def _retired(state: HostState, given: JudgementInput) -> HostState:
    at = given.as_of
    return replace(state, retired=Retirement(hostname=state.hostname, at=at, recorded_at=at, why="what if"))


def _like(given: JudgementInput, model: str) -> HostState:
    """The first host by name whose product id begins with a model; of a stack only where no single box has it."""
    found, models = list[tuple[int, HostState]](), set[str]()
    for state in given.states:
        boxes = {(udi.pid, udi.sn) for udi in state.observation.udis if udi.pid} if state.observation else set()
        pids = [pid or "" for pid, _ in boxes]
        models.update(pids)
        if not state.retired and any(norm(pid).startswith(norm(model)) for pid in pids):
            found.append((len(boxes), state))
    if not found:
        why = did_you_mean(model, sorted(models))
        raise InputError(f"{model}: no box of this model was read", why=why, hint="name a model that is in use")
    return min(found, key=lambda one: (one[0], one[1].hostname))[1]


def _copy(like: HostState, number: int, one: Added) -> HostState:
    """A box of its own that uses the same; it holds no reservation and has made no usage report yet."""
    name, seen = f"what-if-{norm(one.model)}-{number}", like.observation or Observation()
    account = one.virtual_account or seen.virtual_account
    copied = replace(
        seen, hostname=name, udis=(), virtual_account=account, authorizations=(), reservations=(), evidence=()
    )
    copied = replace(copied, usage_report_summary=None, rum_reports=())
    return replace(like, hostname=name, observation=copied, retired=None)


def _ended(given: JudgementInput, subscription: str) -> JudgementInput:
    """Without the terms and the standalone subscription of this id, from the day of the judgement on."""
    contract = given.tables.contract
    kept = tuple(one for one in contract.subscriptions if one.id != subscription)
    rows = [
        replace(row, terms=tuple(t for t in row.terms if t.subscription_id != subscription))
        for row in given.entitlements
    ]
    if len(kept) == len(contract.subscriptions) and _terms(rows) == _terms(given.entitlements):
        known = {one.id for one in contract.subscriptions}
        known |= {t.subscription_id for row in given.entitlements for t in row.terms if t.subscription_id}
        raise InputError(f"{subscription}: no such subscription", why=did_you_mean(subscription, sorted(known)))
    tables = replace(given.tables, contract=replace(contract, subscriptions=kept))
    return replace(given, entitlements=rows, tables=tables)


def _terms(rows: Sequence[Entitlement]) -> int:
    return sum(len(row.terms) for row in rows)
