"""What holds for every estate: nothing observed is lost or counted twice, and the order of input does not matter."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from licsweep.model import HostState, LicenseUse, Observation, Reservation, Udi
from licsweep.position_types import CssmInstance, Entitlement, JudgementResult, Term
from licsweep.serialization import plain
from reconcile.instances.identity import is_secondary
from reconcile.instances.status_sets import EVALUATING, IDLE
from reconcile.judge import JudgementInput, judge
from reconcile.tables.rows import CatalogueRow, ChainRow
from reconcile.tables.tables import Tables
from tests.fuzzing import examples

AS_OF = datetime(2026, 6, 1, tzinfo=UTC)
TABLES = Tables(
    project=(
        CatalogueRow(license="Example A", tags=("tag-a",), labels=("Label A",)),
        CatalogueRow(license="Example B", labels=("Label B", "Label AB")),
        CatalogueRow(license="Example C", labels=("Label AB",)),
    ),
    chains=(ChainRow(chain=("Example D", "Example A", "Example B")),),
)


def judged(hosts: list[HostState], rows: list[Entitlement], known: Sequence[CssmInstance] = ()) -> JudgementResult:
    return judge(JudgementInput(as_of=AS_OF, states=hosts, entitlements=rows, cssm_instances=known, tables=TABLES))


STATUSES = [None, "in-use", "authorized", "out-of-compliance", *sorted(IDLE), *sorted(EVALUATING)]

licenses = st.builds(
    LicenseUse,
    entitlement_tag=st.sampled_from([None, "tag-a", "Label A", "label  b", "Label AB", "stranger", "Taught"]),
    name=st.sampled_from([None, "feature"]),
    count=st.sampled_from([None, 0, 1, 2, 40]),
    status=st.sampled_from(STATUSES),
)
serials = st.sampled_from(["S1", "S2", "S3", "S4", "S5", "S6"])
observations = st.builds(
    Observation,
    platform=st.sampled_from([None, "cisco_xe", "cisco_asa", "cisco_cucm"]),
    ha_role=st.sampled_from([None, None, "active", "standby"]),
    node_role=st.sampled_from([None, None, "publisher", "subscriber"]),
    captured_at=st.integers(0, 100).map(lambda hours: AS_OF - timedelta(hours=hours)),
    licensing_model=st.sampled_from([None, "slup", "classic", "pak", "rtu"]),
    smart_account=st.sampled_from([None, "Example Networks", "Example Networks "]),
    virtual_account=st.sampled_from([None, "Campus", "campus", "Branches"]),
    licenses=st.lists(licenses, max_size=4).map(tuple),
    reservations=st.lists(st.builds(Reservation, tag=st.just("tag-a"), count=st.integers(0, 5)), max_size=2).map(tuple),
    udis=st.lists(serials.map(lambda sn: Udi(pid="EX-1", sn=sn)), max_size=3).map(tuple),
)


@st.composite
def estates(draw: st.DrawFn) -> list[HostState]:
    seen = draw(st.lists(st.none() | observations, max_size=6))
    outcomes = st.sampled_from(["ok", "unreachable", "partial"])
    return [
        HostState(hostname=f"h{n}.example", outcome=draw(outcomes), observation=o, snapshot_id=1)
        for n, o in enumerate(seen)
    ]


def term(start: date | None, end: date | None, **said: Any) -> Term:
    """A term whose end is not before its start, which no Term may be."""
    if start and end:
        start, end = sorted((start, end))
    return Term(start=start, end=end, **said)


terms = st.builds(
    term,
    type=st.sampled_from(["perpetual", "term", "demo", "usage"]),
    quantity=st.integers(0, 50),
    start=st.none() | st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    end=st.none() | st.dates(date(2026, 1, 1), date(2026, 12, 31)),
)
entitlements = st.lists(
    st.builds(
        Entitlement,
        smart_account=st.sampled_from([None, "Example Networks"]),
        virtual_account=st.sampled_from(["Campus", "Branches"]),
        license=st.sampled_from(["Example A", "example-a", "Example B", "Taught", "Example D"]),
        entitlement_tag=st.sampled_from([None, "tag-a", "tag-d"]),
        terms=st.lists(terms, max_size=3).map(tuple),
    ),
    max_size=5,
)


@settings(max_examples=examples(150))
@given(estates(), entitlements)
def test_nothing_observed_is_lost(hosts: list[HostState], rows: list[Entitlement]) -> None:
    made = judged(hosts, rows)
    lines = [use for use in made.uses if use.counted_as != "not_counted"]
    observed = sum(use.count or 0 for use in lines)
    by_fate = {"matched": 0, "unmatched": 0, "ambiguous": 0, "legacy": 0}
    for use in lines:
        by_fate["matched" if use.license_id else use.matched_by] += use.count or 0
    assert observed == sum(by_fate.values())
    pools = made.judgement.pools
    assert by_fate["matched"] == sum(p.in_use + p.in_evaluation + p.reserved for p in pools)
    assert all((use.counted_as == "legacy") == (use.matched_by == "legacy") for use in made.uses)


@settings(max_examples=examples(150))
@given(estates(), entitlements)
def test_no_udi_is_counted_twice(hosts: list[HostState], rows: list[Entitlement]) -> None:
    made = judged(hosts, rows)
    boxes = [{udi.sn for udi in instance.udis} for instance in made.judgement.instances]
    assert sum(map(len, boxes)) == len(set().union(*boxes))
    names = [name for i in made.judgement.instances for name in (i.hostname, *i.also_known_as)]
    peers = {host.hostname for host in hosts} - set(names)
    assert len(names) == len(set(names)) <= len(hosts)
    assert all(host.observation and is_secondary(host.observation) for host in hosts if host.hostname in peers)
    subjects = [(f.name, f.subject) for f in made.judgement.findings]
    assert len(subjects) == len(set(subjects))


@settings(max_examples=examples(100))
@given(estates(), entitlements, st.randoms(use_true_random=False))
def test_order_does_not_matter(hosts: list[HostState], rows: list[Entitlement], shuffler: object) -> None:
    first = plain(judged(hosts, rows))
    shuffler.shuffle(hosts)  # type: ignore[attr-defined]
    shuffler.shuffle(rows)  # type: ignore[attr-defined]
    assert plain(judged(hosts, rows)) == first


@settings(max_examples=examples(100))
@given(estates(), entitlements)
def test_arithmetic_of_pools(hosts: list[HostState], rows: list[Entitlement]) -> None:
    for pool in judged(hosts, rows).judgement.pools:
        assert max(pool.in_use, pool.reserved) <= pool.charged <= pool.in_use + pool.reserved
        assert pool.in_use_stale <= pool.in_use
        if pool.status == "owned-unknown":
            assert (pool.owned, pool.balance, pool.shortage, pool.buffer_target, pool.can_lend) == (None,) * 5
            continue
        assert pool.balance == pool.owned + pool.borrowed - pool.lent - pool.charged
        assert pool.shortage == (0 if pool.unlimited else max(0, -pool.balance))
        assert pool.ending_within_90_days <= pool.owned


instances = st.lists(
    st.builds(
        lambda known_as, **said: CssmInstance(sn=known_as[0], name=known_as[1], **said),
        known_as=st.tuples(st.none() | serials, st.sampled_from([None, "h0", "h1.example", "gone"])).filter(any),
        smart_account=st.sampled_from([None, "Example Networks"]),
        virtual_account=st.sampled_from([None, "Campus", "Branches"]),
        pid=st.sampled_from([None, "EX-1"]),
        last_contact=st.sampled_from([None, AS_OF - timedelta(days=3)]),
        exported_at=st.just(AS_OF - timedelta(days=1)),
    ),
    max_size=5,
)


@settings(max_examples=examples(100))
@given(estates(), entitlements, instances, st.randoms(use_true_random=False))
def test_order_of_product_instances_does_not_matter(
    hosts: list[HostState], rows: list[Entitlement], known: list[CssmInstance], shuffler: object
) -> None:
    first = plain(judged(hosts, rows, known))
    for shuffled in (hosts, rows, known):
        shuffler.shuffle(shuffled)  # type: ignore[attr-defined]
    assert plain(judged(hosts, rows, known)) == first


@settings(max_examples=examples(150))
@given(estates(), entitlements)
def test_loans_and_transfers_conserve_quantities(hosts: list[HostState], rows: list[Entitlement]) -> None:
    judgement = judged(hosts, rows).judgement
    pools = {(p.smart_account, p.virtual_account, p.license): p for p in judgement.pools}
    accounts = {key[:2] for key in pools}
    for account in accounts:
        held = [p for key, p in pools.items() if key[:2] == account]
        assert sum(p.borrowed for p in held) == sum(p.lent for p in held)
    given = Counter[tuple[str | None, str, str]]()
    for moves in (judgement.transfers_to_close, judgement.transfers_to_restore_buffer):
        rows = [(move.smart_account, move.from_, move.to, move.license) for move in moves]
        assert len(rows) == len(set(rows))
        for move in moves:
            given[move.smart_account, move.from_, move.license] += move.quantity
            assert move.quantity >= move.closes >= 0
            assert move.from_ != move.to
        for key, units in given.items():
            assert pools[key].balance - units >= 0, "no step leaves an account short"
    for move in judgement.transfers_to_restore_buffer:
        key = (move.smart_account, move.from_, move.license)
        assert pools[key].balance - given[key] >= pools[key].buffer_target
    short = sum(p.shortage or 0 for p in judgement.pools)
    closed = sum(m.closes for m in judgement.transfers_to_close)
    assert short == closed + sum(e.units for e in judgement.exposure)


@settings(max_examples=examples(150))
@given(estates(), entitlements)
def test_no_step_of_the_plan_leaves_anybody_shorter(hosts: list[HostState], rows: list[Entitlement]) -> None:
    """Carried out in order: a giver keeps what it uses, a receiver gains; shortages come before buffers."""
    result = judged(hosts, rows)
    pools = {(pool.smart_account, pool.virtual_account, pool.license): pool for pool in result.judgement.pools}
    balances = {key: pool.balance for key, pool in pools.items()}
    purposes = [step.purpose for step in result.plan]
    assert purposes == sorted(purposes, key=("shortage", "buffer").index)
    assert [step.number for step in result.plan] == list(range(1, len(result.plan) + 1))
    for step in result.plan:
        to = (step.smart_account, step.to, step.covers)
        assert (step.to_before, step.to_after) == (balances[to], balances[to] + step.quantity)
        balances[to] = step.to_after
        if step.do == "move":
            giver = (step.smart_account, step.from_, step.license)
            assert (step.from_before, step.from_after) == (balances[giver], balances[giver] - step.quantity)
            assert step.from_after >= 0
            balances[giver] = step.from_after
        if step.purpose == "buffer":
            assert all(balance is None or balance >= 0 or pools[key].unlimited for key, balance in balances.items())
    moved = sum(step.quantity for step in result.plan if step.do == "move")
    lists = (*result.judgement.transfers_to_close, *result.judgement.transfers_to_restore_buffer)
    assert moved == sum(row.quantity for row in lists)
    bought = sum(step.quantity for step in result.plan if (step.do, step.purpose) == ("buy", "shortage"))
    assert bought == sum(row.units for row in result.judgement.exposure)
