"""What is put into the store comes back, and what counts on a date."""

import zlib
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from licsweep import serialization
from licsweep.errors import StoreError, UsageError
from licsweep.host_result import HostResult
from licsweep.model import Capture, LicenseUse, Observation, Outcome
from licsweep.position_types import CssmInstance, CssmLicense, Entitlement, Substitution
from licsweep.settings import Project
from licsweep.store import Store, reading
from licsweep.store.packing import pack, pack_against, unpack
from licsweep.stored_import import StoredImport
from tests.store.conftest import NOW, ONE, capture, raw, result, save


def test_the_last_good_observation_stays_current(store: Store) -> None:
    first = save(store, "a", NOW, licenses=ONE)
    save(store, "a", NOW + timedelta(hours=1), "unreachable")
    (state,) = store.host_states(as_of=NOW + timedelta(days=1))
    assert state.outcome == "unreachable"
    assert state.snapshot_id == first
    assert state.observation is not None
    assert state.observation.licenses == ONE


def test_a_cut_off_observation_never_displaces_a_whole_one(store: Store) -> None:
    save(store, "a", NOW, licenses=ONE)
    save(store, "a", NOW + timedelta(hours=1), "partial", licenses=(), complete=False, release="17.9")
    save(store, "a", NOW + timedelta(hours=2), "partial", licenses=ONE, complete=False, release="17.12")
    (state,) = store.host_states(as_of=NOW + timedelta(days=1))
    assert state.observation is not None
    assert state.observation.complete


def test_as_of_sees_what_was_known_then(store: Store) -> None:
    save(store, "a", NOW, licenses=ONE)
    save(store, "a", NOW + timedelta(days=2), licenses=(*ONE, *ONE))
    (state,) = store.host_states(as_of=NOW + timedelta(days=1))
    assert state.observation is not None
    assert len(state.observation.licenses) == 1
    assert store.host_states(as_of=NOW - timedelta(days=1)) == []


def test_state_is_in_fields_and_a_snapshot_has_a_name(store: Store) -> None:
    snapshot = store.begin("sweep", "all hosts", 3, NOW, origin="site-berlin")
    late = Outcome(hostname="late", status="skipped", skip="sweep-over", reason="the sweep's deadline has passed")
    store.save_untried(snapshot, [late], NOW)
    new = Outcome(hostname="new", status="skipped", skip="fresh-enough")
    texts = Outcome(hostname="texts", status="ok", gathered=True)
    for outcome in (new, texts):
        store.save_host(snapshot, HostResult(outcome=outcome, tried_at=NOW))
    states = {state.hostname: state for state in store.host_states(as_of=NOW)}
    assert [states[name].skip for name in ("late", "new", "texts")] == ["sweep-over", "fresh-enough", None]
    assert [states[name].gathered for name in ("late", "new", "texts")] == [False, False, True]
    assert [one.outcome for one in store.results(snapshot) if one.outcome.gathered] == [texts]
    (seen,) = store.snapshots()
    assert seen.origin == "site-berlin"
    assert UUID(str(seen.uid)).version == 4


def test_a_host_that_is_stored_is_not_told_as_untried(store: Store) -> None:
    """By a worker that was taken for lost, at that moment: the others are stored all the same."""
    snapshot = store.begin("sweep", "all hosts", 2, NOW)
    store.save_host(snapshot, HostResult(outcome=Outcome(hostname="a", status="ok"), tried_at=NOW))
    left = [Outcome(hostname=name, status="skipped", skip="sweep-over") for name in ("a", "b")]
    assert store.save_untried(snapshot, left, NOW) == {"b"}
    assert {one.hostname: one.status for one in store.outcomes(snapshot)} == {"a": "ok", "b": "skipped"}


def test_captures_come_back_and_damage_is_seen(store: Store, project: Project) -> None:
    snapshot = store.begin("sweep", "all hosts", 1, NOW)
    store.save_host(snapshot, result(captures=(capture("Count: 2\n"),)))
    assert store.captures(snapshot, "a") == (capture("Count: 2\n"),)
    forged = serialization.to_json((replace(capture("Count: 2\n"), text="Count: 1\n"),), tuple[Capture, ...])
    for texts, why in ((pack(forged.encode()), "does not match its sha256"), (b"damaged", "is not what was stored")):
        raw(project, "UPDATE host_result SET texts = ?", [texts])
        with pytest.raises(StoreError) as caught:
            store.captures(snapshot, "a")
        assert why in caught.value.why


def test_a_host_goes_in_whole_or_not_at_all(store: Store) -> None:
    """Its result is there already, so that its texts may not be added to it."""
    snapshot = store.begin("sweep", "all hosts", 1, NOW)
    store.save_host(snapshot, result(captures=(capture("one\n"),)))
    with pytest.raises(StoreError):
        store.save_host(snapshot, result(captures=(capture("two\n"),)))
    assert store.captures(snapshot, "a") == (capture("one\n"),)


def test_a_damaged_observation_is_told(store: Store, project: Project) -> None:
    save(store, "a", NOW, licenses=ONE)
    raw(project, "UPDATE host_result SET observation = substr(observation, 2)")
    with pytest.raises(StoreError, match="the observation of a is damaged"):
        store.host_states(as_of=NOW)


def stored(number: int, source: str, **rows: Any) -> StoredImport:
    return StoredImport(id=number, source=source, file="sample.yaml", sha256="x", imported_at=NOW, **rows)


def test_imports_come_back(store: Store) -> None:
    lent = Substitution(license="B", substituted_license="A", quantity=5, type="LOWER_TO_HIGHER")
    row = Entitlement(smart_account="Example Networks", virtual_account="Campus", license="A", substitutions=(lent,))
    listed = CssmInstance(virtual_account="Campus", sn="FOC0000X001", licenses=(CssmLicense(license="A", quantity=2),))
    new = [stored(1, "yaml", entitlements=(row,), whole=True), stored(2, "cssm-instances", instances=(listed,))]
    assert store.add_imports(new) == [1, 2]
    assert store.imports() == new
    assert [one.exported_at for one in new] == [NOW, NOW]


def test_imports_of_one_call_go_in_together_or_not_at_all(store: Store) -> None:
    good, bad = stored(1, "yaml", entitlements=(Entitlement(license="A"),)), stored(2, "yaml")
    with pytest.raises(StoreError):
        store.add_imports([good, replace(bad, source=None)])  # type: ignore[arg-type]
    assert store.imports() == []


def test_an_import_taken_back_keeps_its_rows(store: Store) -> None:
    store.add_imports([stored(1, "yaml", entitlements=(Entitlement(license="A"),))])
    store.remove_import(1, NOW)
    [one] = store.imports()
    assert (one.removed_at, len(one.entitlements)) == (NOW, 1)


def test_outcomes_add_up(store: Store) -> None:
    snapshot = store.begin("sweep", "all hosts", 3, NOW)
    for name, status in {"a": "ok", "b": "ok", "c": "timed-out"}.items():
        store.save_host(snapshot, result(name, NOW, status))
    (seen,) = store.snapshots()
    assert seen.outcomes == {"ok": 2, "timed-out": 1}
    assert sum(seen.outcomes.values()) == seen.selected


def read_again(store: Store, of: int, count: int) -> int:
    snapshot = store.begin("reparse", "x", 1, NOW)
    seen = Observation(hostname="a", captured_at=NOW, licenses=(LicenseUse(name="x", count=count),))
    store.save_host(snapshot, result(observation=seen, captured_in=of))
    return snapshot


def test_captures_count_as_they_were_read_last(store: Store) -> None:
    first = save(store, "a", NOW, licenses=ONE)
    again = read_again(store, first, 7)
    cut = store.begin("reparse", "x", 1, NOW)
    nothing = Observation(hostname="a", complete=False)
    store.save_host(cut, result(status="partial", observation=nothing, captured_in=first))

    def counts(**options: int) -> list[int | None]:
        (state,) = store.host_states(as_of=NOW + timedelta(days=1), **options)
        assert state.snapshot_id in (None, first), "the captures lie in the first snapshot"
        return [use.count for use in state.observation.licenses] if state.observation else []

    assert counts() == [], "what today's templates can't read is no longer counted"
    assert counts(known_by=again) == [7]
    assert counts(known_by=first) == [1]
    assert counts(snapshot_id=again) == [7]
    newer = save(store, "a", NOW + timedelta(hours=1), licenses=(*ONE, *ONE))
    (state,) = store.host_states(as_of=NOW + timedelta(days=1))
    assert state.snapshot_id == newer, "a newer capture still counts before an older one read again"


def test_known_by_is_about_the_hosts_of_that_snapshot(store: Store) -> None:
    save(store, "a", NOW, licenses=ONE)
    second = save(store, "b", NOW, licenses=ONE)
    assert [state.hostname for state in store.host_states(as_of=NOW, known_by=second)] == ["b"]


@pytest.mark.parametrize("option", ["snapshot_id", "known_by"])
def test_a_snapshot_that_is_not_there(store: Store, option: str) -> None:
    made = save(store, "a", NOW, licenses=ONE)
    with pytest.raises(UsageError, match="snapshot 9: no such snapshot"):
        store.host_states(as_of=NOW, **{option: 9})
    assert store.host_states(as_of=NOW, **{option: made}), "negative control"


def test_a_clock_that_was_ahead_is_not_trusted(store: Store) -> None:
    save(store, "a", NOW, licenses=ONE)
    save(store, "a", NOW + timedelta(days=400), licenses=ONE)
    save(store, "b", NOW + timedelta(days=400), licenses=ONE)
    assert store.last_read(NOW + timedelta(hours=1)) == {"a": NOW}
    assert store.dated_after(NOW + timedelta(hours=1)) == 2
    assert store.dated_after(NOW + timedelta(days=401)) == 0


def test_the_platform_of_a_host_is_that_of_its_last_answer(store: Store) -> None:
    hour = timedelta(hours=1)
    save(store, "a", NOW, licenses=ONE, platform="cisco_ios")
    save(store, "a", NOW + hour, licenses=ONE, platform="cisco_xe")
    save(store, "a", NOW + 2 * hour, "unreachable")
    save(store, "b", NOW, licenses=ONE)
    assert [store.platforms(at) for at in (NOW + 3 * hour, NOW, NOW - hour)] == [
        {"a": "cisco_xe"},
        {"a": "cisco_ios"},
        {},
    ]


TEXT = "".join(
    f"  {zlib.crc32(b'%d' % number):x} (C9300-{number} Advantage):\n    Count: {number}\n" for number in range(200)
)


def changed(text: str, number: int) -> str:
    return text.replace(f"Count: {number}\n", "Count: 999\n")


def test_what_hardly_changes_is_stored_as_a_difference_to_one_base(store: Store, project: Project) -> None:
    """Never a chain: each is told from the first, which is whole; another text becomes the next base."""
    texts = [TEXT, changed(TEXT, 7), changed(TEXT, 9), TEXT[::-1], TEXT[::-1] + "x"]
    uses = tuple(replace(ONE[0], name=f"feature-{number}", description="x" * number) for number in range(50))
    for day, text in enumerate(texts):
        snapshot = store.begin("sweep", "all hosts", 1, NOW)
        at = NOW + timedelta(days=day)
        seen = Observation(hostname="a", captured_at=at, licenses=uses[:-day] if day else uses)
        store.save_host(snapshot, result(at=at, captures=(capture(text),), observation=seen))
        assert [one.text for one in store.captures(snapshot, "a")] == [text]
        (read,) = store.results(snapshot)
        (state,) = store.host_states(as_of=at)
        assert read.observation == state.observation == seen
    bases = raw(project, "SELECT texts_base, base_snapshot_id FROM host_result ORDER BY snapshot_id")
    assert bases == [(None, None), (1, 1), (1, 1), (None, 1), (4, 1)]
    whole, packed = raw(project, "SELECT length(texts) FROM host_result WHERE snapshot_id IN (1, 2) ORDER BY 1 DESC")
    assert packed[0] * 10 < whole[0]


def test_long_bodies_are_differences_too() -> None:
    """zlib looks back 32 KiB; lines that moved a little are found."""
    lines = [f"{number}: {number * number % 7919 * 7919}" for number in range(20_000)]
    base, moved = "\n".join(lines).encode(), "\n".join(["new", *lines[:9000], "another", *lines[9000:]]).encode()
    packed = pack_against(moved, base)
    assert packed is not None
    assert len(packed) * 10 < len(pack(moved))
    assert unpack(packed, base) == moved
    with pytest.raises(zlib.error):
        unpack(packed[:-9], base)


def test_a_damaged_base_is_told(store: Store, project: Project) -> None:
    for text in (TEXT, changed(TEXT, 7)):
        snapshot = store.begin("sweep", "all hosts", 1, NOW)
        store.save_host(snapshot, result(captures=(capture(text),)))
    raw(project, "UPDATE host_result SET texts = substr(texts, 2) WHERE snapshot_id = 1")
    with reading(project) as other, pytest.raises(StoreError, match="damaged"):
        other.captures(snapshot, "a")


def test_what_another_run_stored_at_the_same_time_is_told(store: Store) -> None:
    snapshot = save(store, "a", NOW)
    with pytest.raises(StoreError) as caught:
        store.save_host(snapshot, result("a"))
    assert caught.value.why == "another run stored the same, or the database is damaged"
