"""What to do: from one judgement, in the order that matters, and what was not measured."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from licsweep.action_types import AccountOwner
from licsweep.cli.reconcile import as_text
from licsweep.model import HostState, LicenseUse, Observation, Udi
from licsweep.position_types import Entitlement, Term
from reconcile.actions import PARTS, actions
from reconcile.judge import JudgementInput, judge
from reconcile.tables.rows import AccountsFile, CatalogueRow, SmartAccountRow, VirtualAccountRow
from reconcile.tables.tables import Tables

AS_OF = datetime(2026, 6, 1, tzinfo=UTC)
TABLES = Tables(
    project=(CatalogueRow(license="Example A", tags=("tag-a",), unit_price=100.0, currency="EUR"),),
    accounts=AccountsFile(
        smart_accounts=(
            SmartAccountRow(name="Acme", virtual_accounts=(VirtualAccountRow(name="A", owner="team one"),)),
        )
    ),
)


def host(name: str, account: str, count: int) -> HostState:
    seen = Observation(
        platform="cisco_xe",
        udis=(Udi(pid="PID", sn=f"SN{name}"),),
        smart_account="Acme",
        virtual_account=account,
        licenses=(LicenseUse(entitlement_tag="tag-a", count=count, status="in-use"),),
        captured_at=AS_OF,
    )
    return HostState(hostname=name, outcome="ok", observation=seen)


def owns(account: str, *terms: Term) -> Entitlement:
    return Entitlement(smart_account="Acme", virtual_account=account, license="Example A", terms=terms)


def judged(hosts: list[HostState], rows: list[Entitlement]):
    return judge(JudgementInput(as_of=AS_OF, states=hosts, entitlements=rows, tables=TABLES))


FOREVER = Term(type="perpetual", quantity=4)


def test_the_example_of_the_contract_two_figures_and_the_plan() -> None:
    """A owns 4 and uses 10, B owns 98 and uses 93: move 5, buy 1, or 12 to keep every buffer."""
    result = judged(
        [host("a", "A", 10), host("b", "B", 93)], [owns("A", FOREVER), owns("B", replace(FOREVER, quantity=98))]
    )
    (short,) = [one for one in actions(result).actions if one.part == "short"]
    assert short.do == "move 5 from B (leaves 0 spare); buy 1; 12 to keep every buffer"
    assert (short.owner, short.units, short.units_with_buffers) == ("team one", 1, 12)
    assert (short.money, short.money_with_buffers, short.currency) == (100.0, 1200.0, "EUR")
    assert "; 100.00 EUR; 1,200.00 EUR with every buffer" in " ".join(as_text(result).split())
    steps = [(s.do, s.purpose, s.quantity, s.from_, s.to, s.to_after) for s in actions(result).plan]
    assert steps[:2] == [("move", "shortage", 5, "B", "A", -1), ("buy", "shortage", 1, None, "A", 0)]
    assert sum(quantity for do, _, quantity, *_ in steps if do == "buy") == 12


@pytest.mark.parametrize(
    ("used", "owned", "told"),
    [
        ((10, 93), (4, 98), {"B": "it is in what keeps every buffer of Example A above"}),
        ((4, 4), (4, 98), {"A": "move 1 from B (leaves 93 spare)"}),
        ((4, 4), (4, 4), {None: "buy 2 to keep every buffer of Acme"}),
        ((4, 4), (8, 8), {}),
    ],
)
def test_a_pool_below_its_buffer_is_named_once(
    used: tuple[int, int], owned: tuple[int, int], told: dict[str | None, str]
) -> None:
    """Where the license is short elsewhere, where others restore it, where all is to be bought; else nothing."""
    hosts = [host(name.lower(), name, count) for name, count in zip("AB", used, strict=True)]
    rows = [owns(name, replace(FOREVER, quantity=count)) for name, count in zip("AB", owned, strict=True)]
    found = actions(judged(hosts, rows)).actions
    assert {one.virtual_account: one.do for one in found if one.part == "buffers"} == told


def test_what_is_bought_already_comes_before_buying() -> None:
    later = Term(type="term", quantity=9, start=date(2026, 7, 1), end=date(2027, 7, 1))
    (short,) = [
        one for one in actions(judged([host("a", "A", 5)], [owns("A", FOREVER, later)])).actions if one.part == "short"
    ]
    assert short.do == "9 more are bought already and start on 2026-07-01; buy 1; 2 to keep every buffer"


def test_terms_that_end_and_what_they_leave_short() -> None:
    ending = Term(type="term", quantity=6, end=date(2026, 7, 15), subscription_id="Sub7")
    far = Term(type="term", quantity=6, end=date(2027, 7, 15))
    rows = [
        one
        for one in actions(judged([host("a", "A", 9)], [owns("A", FOREVER, ending, far)])).actions
        if one.part == "ending"
    ]
    assert [(one.short, one.due, one.days_left) for one in rows] == [(0, date(2026, 7, 15), 44)]
    (alone,) = [
        one
        for one in actions(judged([host("a", "A", 9)], [owns("A", FOREVER, ending)])).actions
        if one.part == "ending"
    ]
    assert (alone.short, alone.do) == (5, "renew 5 at least before 2026-07-15")
    assert "Sub7" in alone.what


def test_what_was_not_measured_is_said() -> None:
    """Nothing imported: no shortage is stated, and it is said why; a host without an answer too."""
    found = actions(judged([host("a", "A", 9), HostState(hostname="dead", outcome="unreachable")], []))
    assert {one.part for one in found.actions} >= {"not-measured"}
    told = {one.finding for one in found.actions if one.part == "not-measured"}
    assert {"entitlements-missing", "never-read"} <= told
    assert not [one for one in found.actions if one.part in ("short", "buffers")]
    assert next(part.looked_at for part in found.parts if part.part == "short").startswith("0 of 1 pools")


def test_where_no_host_was_read_that_is_said() -> None:
    """What CSSM says is then not compared with use that nobody measured; with a host of no use it is."""
    rows = [replace(owns("A", FOREVER), cssm_in_use=3)]
    found = actions(judged([], rows))
    assert found.actions == ()
    assert as_text(judged([], rows)).startswith("no host was collected\n")
    assert "cssm-says" in {one.part for one in actions(judged([host("a", "A", 1)], rows)).actions}


@pytest.mark.parametrize("never", [0, 2])
def test_hosts_that_no_run_had_yet_are_not_measured(never: int) -> None:
    result = judge(JudgementInput(as_of=AS_OF, states=[host("a", "A", 1)], tables=TABLES, never_tried=never))
    told = [one.about for one in actions(result).actions if one.what.startswith("never tried")]
    assert told == (["2 hosts of the inventory"] if never else [])
    assert ("; 2 more of the inventory were never tried" in as_text(result)) == bool(never)


def test_parts_keep_their_order_and_nothing_is_said_of_nothing() -> None:
    result = judged([host("a", "A", 1)], [owns("A", FOREVER)])
    found = actions(replace(result, owners=(AccountOwner(smart_account="Acme", virtual_account="A", owner="x"),)))
    assert [part.part for part in found.parts] == list(PARTS)
    assert all(part.looked_at for part in found.parts)
    assert [one.number for one in found.actions] == list(range(1, len(found.actions) + 1))
