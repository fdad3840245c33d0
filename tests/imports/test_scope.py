"""Which imports count: the newest of a scope at or before the date; what a whole export replaces; what is known."""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from licsweep.imports.scope import Counted, counting
from licsweep.position_types import CssmInstance, Entitlement
from licsweep.stored_import import StoredImport

SMART = "Example Networks"


def day(number: int) -> datetime:
    return datetime(2026, 5, number, tzinfo=UTC)


def bought(
    number: int,
    exported: int | None,
    *rows: tuple[str, str],
    whole: bool = False,
    kind: str = "cssm-licenses",
    at: int = 30,
    smart: str | None = SMART,
    removed: int | None = None,
) -> StoredImport:
    """An import of rows (license, virtual account)."""
    when = day(exported) if exported else None
    made = [Entitlement(smart_account=smart, virtual_account=va, license=name, exported_at=when) for name, va in rows]
    return StoredImport(
        id=number,
        source=kind,
        file="export.csv",
        sha256="x",
        imported_at=day(at),
        whole=whole,
        removed_at=day(removed) if removed else None,
        entitlements=tuple(made),
    )


def names(imports: list[StoredImport], as_of: int = 31) -> list[str]:
    return [row.license for row in counting(imports, day(as_of)).entitlements]


def test_the_newest_export_of_a_virtual_account_counts_whole() -> None:
    imports = [bought(1, 1, ("A", "Campus"), ("B", "Campus")), bought(2, 5, ("A2", " campus "))]
    assert names(imports) == ["A2"]
    assert set(counting(imports, day(31)).speakers.values()) == {2}


def test_as_of_picks_the_export_of_its_time_and_else_the_newest() -> None:
    imports = [
        bought(n, exported, (name, "Campus")) for n, (name, exported) in enumerate([("A", 3), ("B", 5), ("C", 9)])
    ]
    assert [names(imports, d) for d in (4, 5, 8, 9, 1)] == [["A"], ["B"], ["B"], ["C"], ["C"]]


def test_other_accounts_and_kinds_stay() -> None:
    imports = [
        bought(1, 1, ("A", "Campus")),
        bought(2, 5, ("B", "Branches")),
        bought(3, 5, ("C", "Campus"), kind="yaml"),
        bought(4, 5, ("D", "Campus"), smart="Example Labs"),
    ]
    assert names(imports) == ["A", "B", "C", "D"]


def test_the_export_of_a_whole_smart_account_drops_what_it_does_not_name() -> None:
    imports = [
        bought(1, 1, ("A", "Campus"), ("B", "Plant"), whole=True),
        bought(2, 5, ("A2", "Campus"), ("C", "Branches"), whole=True),
        bought(3, 7, ("C2", "Branches")),
        bought(4, 1, ("L", "Plant"), smart="Example Labs"),
        bought(5, 1, ("Y", "Plant"), kind="yaml"),
    ]
    assert names(imports) == ["A2", "C2", "L", "Y"]
    assert names(imports, 4) == ["A", "B", "L", "Y"]
    assert set(counting(imports, day(31)).speakers.values()) == {2, 3, 4, 5}


def test_an_import_taken_back_counts_no_more() -> None:
    imports = [bought(1, 1, ("A", "Campus"), ("B", "Plant")), bought(2, 5, ("A2", "Campus"), whole=True, removed=9)]
    assert names(imports) == ["A", "B"]
    assert not counting(imports, day(31)).licenses.knows(SMART, "Branches")


def known(counted: Counted, *accounts: str) -> list[bool]:
    return [counted.licenses.knows(SMART, name) for name in accounts]


def test_what_is_known_is_told_per_virtual_account_or_for_the_whole_smart_account() -> None:
    alone = [bought(1, 5, ("A", "Campus"))]
    assert known(counting(alone, day(31)), "CAMPUS", "Plant") == [True, False]
    whole = [*alone, bought(2, 7, ("A", "Campus"), whole=True)]
    assert known(counting(whole, day(31)), "Campus", "Plant") == [True, True]
    assert not counting(whole, day(31)).licenses.knows("Example Labs", "Campus")
    assert not counting(whole, day(31)).listed.knows(SMART, "Campus")


def test_an_account_is_known_by_any_of_its_names() -> None:
    imports = [bought(1, 1, ("A", "Campus")), bought(2, 5, ("B", "Campus"), smart="networks.example")]
    assert names(imports) == ["A", "B"]
    one_name = counting(imports, day(31), smart_account=lambda smart, virtual: SMART)
    assert [row.license for row in one_name.entitlements] == ["B"]


def test_product_instances_are_replaced_alike() -> None:
    def listed(number: int, exported: int, *serials: str, whole: bool = False) -> StoredImport:
        rows = [
            CssmInstance(smart_account=SMART, virtual_account="Campus", sn=s, exported_at=day(exported))
            for s in serials
        ]
        return StoredImport(
            id=number,
            source="cssm-instances",
            file="x",
            sha256="x",
            imported_at=day(30),
            whole=whole,
            instances=tuple(rows),
        )

    imports = [listed(1, 1, "FOC0000X001", "FOC0000X002"), listed(2, 5, "FOC0000X001")]
    assert [one.sn for one in counting(imports, day(31)).instances] == ["FOC0000X001"]
    assert [one.sn for one in counting(imports, day(4)).instances] == ["FOC0000X001", "FOC0000X002"]
    assert counting(imports, day(31)).listed.knows(SMART, "Campus")
    assert not counting(imports, day(31)).licenses.knows(SMART, "Campus")


def test_without_a_date_of_export_the_import_counts() -> None:
    assert names([bought(1, None, ("A", "Campus"), at=10), bought(2, None, ("B", "Campus"), at=20)]) == ["B"]


exports = st.tuples(st.integers(1, 9), st.sets(st.sampled_from(["Campus", "Plant", "Labs"]), min_size=1), st.booleans())


@settings(derandomize=True)
@given(st.lists(exports, max_size=8), st.integers(1, 10))
def test_importing_twice_changes_nothing(made: list[tuple[int, set[str], bool]], as_of: int) -> None:
    once = [
        bought(n, exported, *((f"{exported}-{n}", va) for va in sorted(vas)), whole=whole, at=10)
        for n, (exported, vas, whole) in enumerate(made)
    ]
    again = [
        bought(100 + n, exported, *((f"{exported}-{n}", va) for va in sorted(vas)), whole=whole, at=11)
        for n, (exported, vas, whole) in enumerate(made)
    ]
    assert sorted(names(once + again, as_of)) == sorted(names(once, as_of))
    assert counting(once + again, day(as_of)).licenses == counting(once, day(as_of)).licenses
