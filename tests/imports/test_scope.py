"""Which exports count: the newest of a scope at or before the date; other scopes stay."""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from licsweep.imports.scope import supersede
from licsweep.position_types import CssmInstance, Entitlement

Row = tuple[str, Entitlement, datetime]


def day(number: int) -> datetime:
    return datetime(2026, 5, number, tzinfo=UTC)


def row(license_name: str, exported: int | None, *, va: str = "Campus", kind: str = "cssm-csv", at: int = 30) -> Row:
    when = day(exported) if exported else None
    return (
        kind,
        Entitlement(smart_account="Example Networks", virtual_account=va, license=license_name, exported_at=when),
        day(at),
    )


def names(rows: list[Row], as_of: int) -> list[str]:
    return [entitlement.license for entitlement in supersede(rows, day(as_of))]


def test_the_newest_export_of_a_scope_counts_whole() -> None:
    rows = [row("A", 1), row("B", 1), row("A2", 5)]
    assert names(rows, 31) == ["A2"]


def test_as_of_picks_the_export_of_its_time_and_else_the_newest() -> None:
    rows = [row("A", 3), row("B", 5), row("C", 9)]
    assert [names(rows, d) for d in (4, 5, 8, 9, 1)] == [["A"], ["B"], ["B"], ["C"], ["C"]]
    assert names([row("A", 9)], 1) == ["A"]


def test_other_scopes_stay() -> None:
    rows = [row("A", 1), row("B", 5, va="Branches"), row("C", 5, kind="yaml"), row("D", 5, va=" campus ")]
    assert names(rows, 31) == ["B", "C", "D"]


def test_an_account_is_known_by_any_of_its_names() -> None:
    old, new = row("A", 1), row("B", 5)
    renamed = (new[0], replace(new[1], smart_account="networks.example"), new[2])
    assert [one.license for one in supersede([old, renamed], day(31))] == ["A", "B"]
    assert [one.license for one in supersede([old, renamed], day(31), lambda one: "Example Networks")] == ["B"]


def test_product_instances_are_superseded_alike() -> None:
    def listed(serial: str, exported: int, source: str = "cssm-instances") -> tuple[str, CssmInstance, datetime]:
        return source, CssmInstance(virtual_account="Campus", sn=serial, exported_at=day(exported)), day(30)

    rows = [
        listed("FOC0000X001", 1),
        listed("FOC0000X002", 1),
        listed("FOC0000X001", 5),
        listed("FOC0000X003", 1, "onprem"),
    ]
    assert [one.sn for one in supersede(rows, day(31))] == ["FOC0000X001", "FOC0000X003"]
    assert [one.sn for one in supersede(rows, day(4))] == ["FOC0000X001", "FOC0000X002", "FOC0000X003"]


def test_without_a_date_of_export_the_import_counts() -> None:
    assert names([row("A", None, at=10), row("B", None, at=20)], 31) == ["B"]


@given(st.lists(st.tuples(st.sampled_from("AB"), st.integers(1, 9), st.sampled_from(["x", "y"])), max_size=8))
def test_importing_twice_changes_nothing(exports: list[tuple[str, int, str]]) -> None:
    rows = [row(name, exported, va=va, at=10) for name, exported, va in exports]
    again = [row(name, exported, va=va, at=11) for name, exported, va in exports]
    assert names(rows + again, 5) == names(rows, 5)
