"""What one product instance uses and reserves: every printed license line, counted once, with the line that says so.

The printed count is the number: it is never multiplied or divided by members, supervisors or stack size. Which unit
of a pair or cluster counts is a row of counting.yaml; what a manager's devices consume stands in `reconcile.managed`.
"""

from collections.abc import Container, Iterable, Iterator, Sequence
from functools import cache, partial
from typing import Literal, NamedTuple

from licsweep.model import HostState, LicenseUse, ManagedDevice, Observation
from licsweep.position_types import Use
from reconcile.grouping import lists_by, sums_by
from reconcile.instances.account_assignment import AccountAssignment
from reconcile.instances.identity import ProductInstance, answer, capture_of, is_secondary
from reconcile.instances.status_sets import EVALUATING, IDLE, LEGACY_MODELS, RESERVED_KINDS
from reconcile.licenses.managed import Managed, Managers, licenses_for
from reconcile.licenses.matching import Match, Matcher
from reconcile.tables.rows import CountingRow
from reconcile.tables.tables import Tables, finds, norm, starts_with

CountedAs = Literal["in_use", "in_evaluation", "reserved", "not_counted", "legacy"]
_DEFAULT = CountingRow(product="any other", ha="active")


def counting_rule(tables: Tables, platform: str | None, *names: str | None) -> CountingRow:
    """The row of counting.yaml for a product; `names` are its PIDs and its image."""
    said = [norm(text) for text in names if text]
    rows = (row for row in tables.counting if not row.platforms or platform in row.platforms)
    return next((row for row in rows if not row.models or starts_with(said, row.models)), _DEFAULT)


class _Line(NamedTuple):
    """A printed line before it is matched; a reservation and a code's license in the words of a license."""

    field: str
    counted_as: CountedAs
    row: LicenseUse
    status: str | None


class Counting:
    """Turns what instances print into the lines that pools are sums of."""

    def __init__(self, managers: Managers, tables: Tables, matcher: Matcher) -> None:
        self._managers, self._tables, self._matcher = managers, tables, matcher
        self._rule = cache(partial(counting_rule, tables))  # boxes are many, products few

    def uses_of(self, unit: ProductInstance, place: AccountAssignment) -> tuple[list[Use], str]:
        """Every license and reservation line of an instance and of its peers; of peers only what the table counts.

        Where two entries of one box count differently, of each license the lines with the larger count; the second
        value says so.
        """
        states = (unit.state, *unit.rivals)
        answers = [list(self._uses_in(unit, state, place)) for state in states]
        uses, conflict = _larger([state.hostname for state in states], answers)
        for member in unit.members:
            uses += self._uses_in(unit, member, place, peer=True)
        return uses, conflict

    def _uses_in(
        self, unit: ProductInstance, state: HostState, place: AccountAssignment, *, peer: bool = False
    ) -> Iterator[Use]:
        seen = answer(state)
        if seen is None:
            return
        printed, stale = {e.field: e for e in seen.evidence}, unit.stale
        for line, match in self._matched(unit, state.hostname, seen, printed, peer=peer):
            source = printed.get(f"{line.field}.count") or printed.get(line.field)
            yield Use(
                hostname=state.hostname,
                smart_account=place.smart_account,
                virtual_account=place.virtual_account,
                license=self._matcher.name(match.license_id) if match.license_id else None,
                license_id=match.license_id,
                name=line.row.name,
                entitlement_tag=line.row.entitlement_tag,
                count=line.row.count,
                status=line.status,
                counted_as=line.counted_as,
                matched_by=match.matched_by,
                captured_at=seen.captured_at,
                stale=stale,
                capture=capture_of(state, source.command) if source else None,
                line=source.line_number if source else None,
                path=source.path if source else None,
                text=source.text if source else None,
            )

    def _matched(
        self, unit: ProductInstance, hostname: str, seen: Observation, printed: Container[str], *, peer: bool
    ) -> Iterator[tuple[_Line, Match]]:
        """The lines of one answer, as they count, with their licenses."""
        rule = self._rule(seen.platform, *(udi.pid for udi in seen.udis), seen.image)
        held = self._managers.manager_of(unit) is not None and not seen.managed_devices
        passive = peer or (unit.passive and is_secondary(seen))
        pids = tuple(sorted({udi.pid for udi in seen.udis if udi.pid}))
        counted = set()
        for line in (*_licenses(seen), *_reservations(seen), *_codes(seen)):
            silent = held or (passive and not _needs_its_own(rule, line))
            if silent and (peer or line.counted_as == "not_counted"):
                continue
            match = self._match(line, seen, pids)
            if not silent and line.counted_as in ("in_use", "in_evaluation"):
                counted.add(match.license_id)
            yield (line._replace(counted_as="not_counted") if silent else line), match
        managed = self._managers.consumers(hostname, seen, rule, peer=passive)
        of_devices = self._of_devices(managed, printed, seen.authorization_status)
        yield from (each for each in of_devices if each[1].license_id is None or each[1].license_id not in counted)

    def _match(self, line: _Line, seen: Observation, pids: tuple[str, ...]) -> Match:
        if line.counted_as == "legacy":
            return Match(matched_by="legacy")
        match = self._matcher.printed(line.row.entitlement_tag, line.row.name, line.row.description, pids)
        if match.matched_by == "unmatched" and line.row.entitlement_tag and seen.manager and seen.manager.kind == "fdm":
            return self._of_type(
                Managed(line.field, line.row.entitlement_tag, ManagedDevice(model=next(iter(pids), None)))
            )
        return match

    def _of_type(self, managed: Managed) -> Match:
        """The license that a type on a device stands for."""
        found = licenses_for(managed, self._tables)
        if len(found) == 1:
            return Match(license_id=next(iter(found)), matched_by="managed-device")
        return Match(matched_by="ambiguous" if found else "unmatched")

    def _of_devices(
        self, managed: Iterable[Managed], printed: Container[str], manager: str | None
    ) -> Iterator[tuple[_Line, Match]]:
        """The devices' lines; those of a manager in evaluation are in evaluation."""
        counts: CountedAs = "in_evaluation" if manager in EVALUATING else "in_use"
        status = manager if manager in EVALUATING else "in-use"
        for each in managed:
            match = self._of_type(each)
            place = next((p for p in (f"{each.place}.license_types", each.place) if p in printed), each.place)
            device = each.device
            about = ", ".join(filter(None, (device.hostname, device.performance_tier or device.model)))
            name = f"{each.license_type} ({about})" if about else each.license_type
            row = LicenseUse(entitlement_tag=each.license_type, name=name, count=1)
            yield _Line(place, counts, row, status), match


def _larger(hostnames: Sequence[str], answers: Sequence[list[Use]]) -> tuple[list[Use], str]:
    """Of each license the lines of the entry with the larger count, and in words where the entries differ."""
    if len(answers) == 1:
        return answers[0], ""
    grouped = [lists_by((u.license_id or u.entitlement_tag or u.name or "", u) for u in uses) for uses in answers]
    chosen, said = [], []
    for key in dict.fromkeys(key for group in grouped for key in group):
        counts = [_units(group.get(key, ())) for group in grouped]
        chosen += grouped[counts.index(max(counts))].get(key, [])
        if len(set(counts)) > 1:
            first = next(group[key][0] for group in grouped if key in group)
            name = first.license or first.entitlement_tag or first.name
            each = ", ".join(f"{hostname} {number}" for hostname, number in zip(hostnames, counts, strict=True))
            said.append(f"{name}: {each}; {max(counts)} is counted, {sum(counts)} together")
    return (chosen, "; ".join(said)) if said else (answers[0], "")


def _units(uses: Iterable[Use]) -> int:
    """The units of one license on one box: use and reservation are the same."""
    counted = sums_by((use.counted_as, use.count or 0) for use in uses if use.counted_as != "not_counted")
    return max(counted.values(), default=0)


def _needs_its_own(rule: CountingRow, line: _Line) -> bool:
    """True where a standby unit needs this license besides its active peer."""
    return rule.ha == "each" or finds(rule.each_for, line.row.entitlement_tag, line.row.name)


def _licenses(seen: Observation) -> Iterator[_Line]:
    alone = seen.manager and seen.manager.kind == "fdm"  # it prints compliance, in an evaluation too
    for index, row in enumerate(seen.licenses):
        counts = _counted_as(seen, row)
        if counts == "in_use" and alone and seen.authorization_status in EVALUATING:
            counts = "in_evaluation"
        yield _Line(f"licenses[{index}]", counts, row, row.status)


def _counted_as(seen: Observation, use: LicenseUse) -> CountedAs:
    """How a line counts by its own words; a count of 0 is neither use nor unmatched, an unknown status is use.

    CSSM does not see PAK and RTU licenses, and default licenses that print no tag: they are legacy.
    """
    if seen.licensing_model in LEGACY_MODELS or not (use.entitlement_tag or "").strip():
        return "legacy"
    if not use.count or use.status in IDLE:
        return "not_counted"
    return "in_evaluation" if use.status in EVALUATING else "in_use"


def _reservations(seen: Observation) -> Iterator[_Line]:
    for index, row in enumerate(seen.reservations):
        said = LicenseUse(entitlement_tag=row.tag, name=row.name, count=row.count)
        yield _Line(f"reservations[{index}]", "reserved" if row.count else "not_counted", said, row.status)


def _codes(seen: Observation) -> Iterator[_Line]:
    """The units of installed authorization codes. Two supervisors of one UDI hold one code; an SLR or PLR code says
    again what the reservations list, where they are printed."""
    met = set()
    for index, code in enumerate(seen.authorizations):
        repeats = seen.reservations and norm(code.kind or "") in RESERVED_KINDS
        for at, held in enumerate(code.licenses if code.status == "installed" and not repeats else ()):
            box = (norm(code.pid or ""), norm(code.sn)) if code.sn else index
            tag = held.entitlement_tag or held.license
            if (box, tag) not in met:
                met.add((box, tag))
                said = LicenseUse(
                    entitlement_tag=tag, name=held.license, description=held.description, count=held.count
                )
                counts: CountedAs = "reserved" if held.count else "not_counted"
                yield _Line(f"authorizations[{index}].licenses[{at}]", counts, said, code.status)
