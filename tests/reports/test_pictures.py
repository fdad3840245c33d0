"""Pictures of figures, and the owned months of a renewal."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from licsweep.action_types import Deadline
from licsweep.contract_types import PoolMeasure, SuiteMeasure
from licsweep.position_types import Entitlement, OwnedTerm, Pool, Term
from licsweep.reports import contract, reporting, usage
from licsweep.reports.pictures import picture
from licsweep.reports.renewal import contents

POOL = {"kind": "pool", "owned": "owned", "used": "charged", "short": "shortage", "buffer": "target"}
LINE = {"kind": "line", "day": "days", "first": -30, "last": 90, "ticks": [30], "near": 30, "bar": 3}


def looks(shapes) -> dict[str, tuple[float, float]]:
    return {one.look: (round(one.x, 1), round(one.width, 1)) for one in shapes}


@pytest.mark.parametrize(
    ("owned", "charged", "shortage", "expected"),
    [
        (4, 10, 6, {"frame": (0, 40), "used": (0, 40), "short": (40, 60), "mark": (30, 0.8)}),
        (10, 4, 0, {"frame": (0, 100), "used": (0, 40), "mark": (90, 0.8)}),
        (4, 10, 0, {"frame": (0, 40), "used": (0, 100), "mark": (30, 0.8)}),
        (None, 10, None, {}),
    ],
    ids=["short", "enough", "covered by substitution", "not known: no picture"],
)
def test_a_pool(owned, charged, shortage, expected):
    record = {"owned": owned, "charged": charged, "shortage": shortage, "target": 1}
    assert looks(picture(POOL, record)) == expected


@pytest.mark.parametrize(("days", "look", "x"), [(-400, "short", 0), (7, "due", 29.9), (400, "used", 97)])
def test_a_day_stays_on_its_line(days, look, x):
    assert looks(picture(LINE, {"days": days}))[look][0] == x
    assert picture(LINE, {"days": None}) == []


def test_months_are_short_where_a_term_has_ended(given):
    pool = Pool(smart_account="Acme", virtual_account="A", license="X", license_id="x", owned=6, charged=5, lent=1)
    bought = Entitlement(license="X", smart_account="Acme", virtual_account="A")
    terms = [Term(type="perpetual", quantity=4), Term(type="term", quantity=2, end=date(2027, 1, 31))]
    owned = [
        OwnedTerm(
            smart_account="Acme", virtual_account="A", license_id="x", counted_as="owned", entitlement=bought, term=term
        )
        for term in terms
    ]
    unknown = replace(pool, license="Y", license_id="y", owned=None)
    judgement = replace(given.result.judgement, pools=(pool, unknown))
    figures, tables = contents(replace(given.result, judgement=judgement, owned_terms=tuple(owned)))
    first, second = tables["months"]
    assert [first[f"m{month}"] for month in range(5)] == [6, 6, 6, 4, 4]
    assert (first["charged"], first["short_from"], first["lacks"]) == (6, date(2027, 2, 1), 2)
    assert (second["m0"], second["lacks"], second["short_from"]) == (None, None, None)
    assert (figures["m0"], figures["m3"], figures["lacking"]) == ("Nov 2026", "Feb 2027", 1)
    shapes = picture({"kind": "months", "used": "charged", "months": 13}, first)
    assert [one.look for one in shapes[:4]] == ["used", "used", "used", "short"]
    assert picture({"kind": "months", "used": "charged", "months": 13}, second) == []


def test_the_trend_of_a_suite(given):
    at = [datetime(2026, month, 1, tzinfo=UTC) for month in (3, 1, 2)]
    history = [SuiteMeasure(at=one, agreement="EA", suite="S", used=one.month * 10) for one in at]
    _, tables = contract.contents(replace(given.result, history=tuple(history)))
    (row,) = tables["trend"]
    assert (row["first"], row["last"], row["values"]) == ("10", "30", "10 20 30")
    shapes = picture({"kind": "trend", "values": "values", "line": "line"}, row | {"line": 20})
    assert [round(one.height, 1) for one in shapes[:3]] == [3.3, 6.7, 10]
    assert [one.look for one in shapes] == ["used", "used", "short", "mark"]
    assert len(picture({"kind": "trend", "values": "values", "line": "line"}, row | {"line": None})) == 3


def test_the_trend_of_pools_needs_two_days(given):
    pool = given.result.judgement.pools[0]
    known = {"smart_account": pool.smart_account, "virtual_account": pool.virtual_account, "license": pool.license}
    first, last = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2))
    other = PoolMeasure(at=last, smart_account="X", virtual_account="Y", license="Z", used=1)
    measures = (PoolMeasure(at=first, used=5, **known), other)
    rows = usage.contents(replace(given.result, pool_history=measures))[1]["pool-trend"]
    assert (rows[0]["license"], rows[0]["values"]) == (pool.license, "5 0"), "the one that changed most, 0 where no use"
    assert usage.contents(replace(given.result, pool_history=measures[:1]))[1]["pool-trend"] == []


def test_several_days_stand_on_one_line(given):
    found = [Deadline(kind="report", day=date(2026, 1, 1), days_left=days, about=f"h{days}") for days in (-3, 7, 7, 90)]
    result = replace(given.result, deadlines=tuple(found))
    (row,) = reporting.contents(result)[1]["timeline"]
    assert (row["number"], row["overdue"], row["about"], row["values"]) == (4, 1, "h7", "-3 7 90")
    assert [one.look for one in picture({**LINE, "day": "values"}, row)][-3:] == ["short", "due", "used"]


def test_a_forecast_looks_like_no_fact():
    spec = {"kind": "range", "low": "low", "high": "high", "at": "used", "line": "entitled"}
    shapes = picture(spec, {"low": 10, "high": 20.5, "used": 15, "entitled": 24})
    assert [one.look for one in shapes] == ["range", "expected", "mark"]
    assert picture(spec, {"low": None, "high": None, "used": None, "entitled": 24}) == [], "refused: no picture"
