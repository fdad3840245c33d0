"""Rows of tables -> one Observation, each value with the line (of a REST answer the JSON path) that printed it.

A line that no rule knew, and one whose words no vocabulary knows, become `unclaimed_lines`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from functools import lru_cache
from types import MappingProxyType
from typing import Any, get_origin, get_type_hints

from collectors import index, json_paths, sections, tables, value_meanings
from collectors.index import Form, TableRef, version
from collectors.json_paths import Leaf
from collectors.lines import Line, Printed
from collectors.tables import Row
from licsweep.model import (
    Authorization,
    AuthorizedLicense,
    Evidence,
    Observation,
    Policy,
    PolicyClass,
    RumReport,
    UnclaimedLine,
)

MAX_TEXT = 200
MAX_UNCLAIMED = 100
_RECORDS = {name: value_meanings.inner(hint) for name, hint in get_type_hints(Observation).items()}
_LISTS = {name: _RECORDS[name] for name, hint in get_type_hints(Observation).items() if get_origin(hint) is tuple}
_PROVED = ("COUNT", "LICENSE_TYPES")
"""Values of a row that figures rest on, so that they name their own line."""
_NESTED = "authorizations.licenses"
_TOTAL = re.compile(r"[0-9]{0,9}")
_OTHER_DIGIT = re.compile(r"(?![0-9])\d")  # a digit that is not ASCII


def assemble(form: Form, lines: Sequence[Line], printed: Printed, zone: tzinfo | None, *, asked: bool) -> Observation:
    """What one output says, as `lines`; they are those of `printed` unless that was not lines but JSON.

    `asked`: it is known which command printed it.
    """
    sheet = ObservationBuilder(form, zone, printed)
    parts = sections.split(lines, form)
    unread = {line.number for line in parts.strange}
    sheet.torn = parts.lost or printed.held_back
    proofs = {"echo": printed.echo is not None, "asked": asked}
    given = [section.name for section in parts.known] + [name for name, is_so in proofs.items() if is_so]
    sheet.stated = {name: set() for name in given}
    for section, part in parts.known.items():
        claimed = set() if section.counted else set(parts.headings)
        sheet.model = section.states.get("licensing_model", sheet.model)
        for table in section.tables:
            claimed |= sheet.add(table, *tables.read(table, part))
        left = [line for line in part if line.number not in claimed]
        unknown = [line.number for line in left if not line.ruler and not sections.is_known(section, line.text)]
        unread.update(unknown)
        sheet.torn = sheet.torn or (section.counted and bool(unknown))
    inside = index.inside(form) if unread else ()
    strange = (line.text for line in lines if line.number in unread)
    sheet.torn = sheet.torn or any(pattern.fullmatch(text) for text in strange for pattern in inside)
    if not form.prose:
        sheet.strange |= unread
    return sheet.observation()


def assemble_answer(form: Form, pages: Sequence[tuple[str, Sequence[Leaf]]], zone: tzinfo | None) -> Observation:
    """What the pages of one REST answer say, each with the command that brought it.

    An answer is whole when its objects and pages are as many as the interface says that there are.
    """
    leaves = [leaf for _, page in pages for leaf in page]
    sheet = ObservationBuilder(form, zone, Printed([leaf.line for leaf in leaves]))
    sheet.sources = {leaf.number: (command, leaf.shown) for command, page in pages for leaf in page}
    sheet.last = 0  # what is cut off is no JSON
    claimed: set[int] = set()
    for table in form.tables:
        claimed |= sheet.add(table, *json_paths.rows(table, leaves))
    unread = (leaf for leaf in leaves if leaf.number not in claimed)
    sheet.strange |= {leaf.number for leaf in unread if not form.known.fullmatch(leaf.path)}
    there = {"paging.count": len(json_paths.heads(leaves, form.pages)), "paging.pages": len(pages)}
    totals = [(leaf.text, there[leaf.path]) for leaf in leaves if form.pages and leaf.path in there]
    sheet.torn |= not all(page for _, page in pages)
    sheet.torn |= not all(_TOTAL.fullmatch(text) and int(text or 0) <= found for text, found in totals)
    return sheet.observation()


def unclaimed(
    command: str, lines: Sequence[Line], sources: Mapping[int, tuple[str, str]] = MappingProxyType({})
) -> tuple[UnclaimedLine, ...]:
    """Lines as drift; rulers carry nothing. Of more than a hundred the last row says how many are left out.

    `sources`: command and JSON path of what was no line of text.
    """
    drift = [line for line in lines if not line.ruler]
    rows = [(line.number, line.text.strip()[:MAX_TEXT]) for line in drift[:MAX_UNCLAIMED]]
    if len(drift) > MAX_UNCLAIMED:
        rows.append((drift[MAX_UNCLAIMED].number, f"({len(drift) - MAX_UNCLAIMED} more lines left out)"))
    return tuple(UnclaimedLine(**_source(command, number, sources), text=text) for number, text in rows)


def _source(command: str, number: int, sources: Mapping[int, tuple[str, str]]) -> dict[str, Any]:
    """Where a value was printed: the command, and the line or the JSON path."""
    command, path = sources.get(number, (command, None))
    return {"command": command, "line_number": None if path else number, "path": path}


def outcome(evidence: Sequence[Evidence], *, complete: bool) -> tuple[bool, str]:
    """Whether anything beyond the identity of the box was read, and how that ended: ok, partial or unparsed.

    What `show version` says of smart licensing is no answer to a license command.
    """
    identity = {"hostname", "release", "image", "platform", "captured_at", "outcome", "udis"}
    of_license = (item for item in evidence if item.command != "show version" or item.field.startswith("licenses"))
    read = any(item.field.split(".")[0].split("[")[0] not in identity for item in of_license)
    return read, "ok" if complete else ("partial" if read else "unparsed")


class ObservationBuilder:
    """What has been read so far of one output."""

    def __init__(self, form: Form, zone: tzinfo | None, printed: Printed) -> None:
        self.form, self.command, self.zone, self.lines = form, form.command, zone, printed.lines
        self.texts = {line.number: line.text for line in printed.lines}
        self.last = printed.lines[-1].number if printed.lines else 0
        self.open_end = printed.open_end
        self.model = form.states.get("licensing_model")
        self.keys: set[tuple[Any, ...]] = set()
        self.fields: dict[str, Any] = {}
        self.lists: dict[str, list[dict[str, Any]]] = {}
        self.sources: dict[int, tuple[str, str]] = {}
        self.evidence: list[Evidence] = []
        self.strange: set[int] = set()
        self.stated: dict[str, set[str]] = {}
        self.torn = False

    def add(self, table: TableRef, rows: Sequence[Row], known: set[int]) -> set[int]:
        """Takes the rows of a table; gives the lines that it knows."""
        self.stated.setdefault(table.name, set()).update(*(row.values for row in rows))
        for row in rows:
            if table.into is None:
                self._fields(row)
            elif row.values and self._is_row(table, row) and table.into != "nothing":
                kept = {name: text for name, text in row.values.items() if name not in table.proof}
                self._row(table.into, Row(kept, row.places))
        return known

    def _whole(self) -> bool:
        """Whether each proof that the form needs was printed; `stated` are sections, and tables with their values."""
        running = version(self.fields.get("agent_version") or "")
        return not self.torn and all(
            any(name in self.stated and (not value or value in self.stated[name]) for name, _, value in need.any_of)
            for need in self.form.needs
            if not need.from_agent or running >= need.from_agent
        )

    def observation(self) -> Observation:
        policy = {row.pop("class", None): _policy_class(row) for row in self.lists.pop("policy", [])}
        policy.pop(None, None)
        attached = self.lists.pop(_NESTED, [])
        self.fields.update(_exchange(self.lists.pop("communication", [])))
        lists: dict[str, Any] = {name: [_LISTS[name](**row) for row in rows] for name, rows in self.lists.items()}
        if attached:
            lists["authorizations"] = _attach(lists.get("authorizations", []), attached)
        lists["udis"] = list(dict.fromkeys(lists.get("udis", [])))
        stated: dict[str, Any] = {name: tuple(rows) for name, rows in lists.items()}
        drift = [line for line in self.lines if line.number in self.strange]
        complete = self._whole() and not any(_OTHER_DIGIT.search(line.text) for line in drift)
        if self.fields.get("slup_enabled"):
            self.fields["licensing_model"] = "slup"
        return Observation(
            **_nested({**self.form.states, "licensing_model": self.model, **self.fields}),
            **stated,
            policy=Policy(**policy) if policy else None,
            first_use_at=_first_use(stated.get("rum_reports", ())),
            platform=self.form.platform,
            outcome=outcome(self.evidence, complete=complete)[1],  # type: ignore[arg-type]  # its three words
            complete=complete,
            evidence=tuple(self.evidence),
            unclaimed_lines=unclaimed(self.command, drift, self.sources),
        )

    def _fields(self, row: Row) -> None:
        """Fields of the observation itself; what was stated first stays."""
        for path, value in self._read("", row).items():
            name = path.replace("__", ".")
            if name in self.fields:
                continue
            self.fields[name] = value
            if value is not None and path.upper() in row.places:
                self._prove(name, row.places[path.upper()])

    def _is_row(self, table: TableRef, row: Row) -> bool:
        """Whether it is a row and no drift; a part that was cut off, and a row that stands twice, lower `complete`."""
        key = (table.name, *(_one(row.values.get(name, "")) for name in table.unique))
        self.torn = self.torn or (any(key[1:]) and key in self.keys)
        self.keys.add(key)
        missing = [name for name in table.whole if name not in row.values]
        if set(row.values) <= set(table.bare) and not (self.open_end and self.last in row.places.values()):
            return True
        self.torn = self.torn or bool(missing)
        if missing and len(missing) == len(table.whole):
            self.strange.update(row.places.values())
            return False
        return True

    def _row(self, into: str, row: Row) -> None:
        values = self._read(into + ".", row)
        if into == "licenses" and values.get("entitlement_tag"):
            values["tag_kind"] = "regid" if values["entitlement_tag"].lower().startswith("regid.") else "label"
        rows = self.lists.setdefault(into, [])
        place = f"{into}[{len(rows)}]"
        rows.append(values)
        if into in _LISTS:
            self._prove(place, row.places.get("NAME", min(row.places.values())))
            for name in filter(row.places.__contains__, _PROVED):
                self._prove(f"{place}.{name.lower()}", row.places[name])

    def _read(self, prefix: str, row: Row) -> dict[str, Any]:
        """Field -> value; the words of a field with a raw twin go there too. What isn't understood is drift."""
        values: dict[str, Any] = {}
        for name, printed in row.values.items():
            if isinstance(printed, tuple):
                values[name.lower()] = printed
                continue
            text = printed if isinstance(printed, str) else _one(printed)
            known, meant = _meant(prefix, name, text, self.zone)
            values.update(meant)
            if not known:
                self.strange.add(row.places[name])
                self.torn = self.torn or name in _PROVED
            if row.places[name] == self.last and not (known and (text or isinstance(printed, list))):
                self.torn = True
        return values

    def _prove(self, field: str, number: int) -> None:
        text = self.texts[number].strip()[:MAX_TEXT]
        if self.sources:
            self.evidence.append(Evidence(field=field, **_source(self.command, number, self.sources), text=text))
        else:
            self.evidence.append(Evidence(field=field, command=self.command, line_number=number, text=text))


@lru_cache(maxsize=8192)  # an estate prints the same words over and over
def _meant(prefix: str, name: str, text: str, zone: tzinfo | None) -> tuple[bool, dict[str, Any]]:
    """Whether a value of a template is understood, and the fields that it states: its own, where the model has it, and
    its raw twin."""
    field, kinds = name.lower(), value_meanings.kinds()
    path = prefix + field.replace("__", ".")
    meant = value_meanings.meaning(path, text, zone)
    stated = {field: meant.value} if path in kinds or path == "policy.class" else {}
    if f"{path}_raw" in kinds:
        stated[f"{field}_raw"] = None if meant.known and meant.value is None else text
    return meant.known, stated


def _one(printed: Any) -> str:
    """The text of a value; of a list the one text that all agree on."""
    if isinstance(printed, list):
        return printed[0] if len(set(printed)) == 1 else ""
    return str(printed)


def _nested(fields: Mapping[str, Any]) -> dict[str, Any]:
    """`proxy.address` -> Proxy(address=...); a record that states nothing is None."""
    flat = {name: value for name, value in fields.items() if "." not in name}
    inner: dict[str, dict[str, Any]] = {}
    for name, value in fields.items():
        outer, _, leaf = name.partition(".")
        if leaf:
            inner.setdefault(outer, {})[leaf] = value
    for outer, values in inner.items():
        says = any(value is not None and value is not False for value in values.values())
        flat[outer] = _RECORDS[outer](**values) if says else None
    return flat


def _policy_class(row: dict[str, Any]) -> PolicyClass:
    """One source, or three where the lines of the class differ."""
    names = ("first_report_source", "ongoing_report_source", "report_on_change_source")
    sources = {name: row.pop(name, None) for name in names}
    if len(set(sources.values())) == 1:
        return PolicyClass(**row, source=sources["first_report_source"])
    return PolicyClass(**row, **sources)


def _exchange(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Of all kinds of exchange with CSSM what the latest try answered, the last success and the last failure."""
    moments = ("last_success_at", "last_failure_at")
    tried = [row for row in rows if any(row.get(name) for name in moments)]
    if not tried:
        return {}
    latest = max(tried, key=lambda row: max(row[name] for name in moments if row.get(name)))
    dates = {name: max((row[name] for row in tried if row.get(name)), default=None) for name in moments}
    return {f"communication.{name}": value for name, value in {**latest, **dates}.items()}


def _first_use(reports: Sequence[RumReport]) -> datetime | None:
    """The start of the earliest report of an entitlement."""
    return min((one.start for one in reports if one.start and one.metric_name == "ENTITLEMENT"), default=None)


def _attach(units: Sequence[Authorization], rows: Sequence[dict[str, Any]]) -> list[Authorization]:
    """Each authorized license under the authorization of its unit."""
    mine: dict[tuple[Any, ...], list[AuthorizedLicense]] = {}
    for row in rows:
        unit = tuple(row.pop(name, None) for name in ("role", "pid", "sn"))
        mine.setdefault(unit, []).append(AuthorizedLicense(**row))
    whole = [replace(unit, licenses=tuple(mine.pop((unit.role, unit.pid, unit.sn), ()))) for unit in units]
    return whole + [
        Authorization(role=role, pid=pid, sn=sn, licenses=tuple(found)) for (role, pid, sn), found in mine.items()
    ]
