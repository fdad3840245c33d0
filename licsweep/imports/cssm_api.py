"""Answers of the APIs of CSSM and SSM On-Prem, saved as JSON: v1 `licenses` and `devices`, v3 `licenses/summary`, v2
`get-summary`, On-Prem's `licenses` and `alerts`.

A file is one answer, a list of answers (pages), or the rows alone. Rows are known by their keys, wherever they lie:
`license` with `billingType` or `licenseDetails` (v1), with `quantity` and `inUse` (On-Prem); `tag` with `display_name`
(summaries, which alone teach which tag a display name is); `sudi` or `licenseUsage` (devices); `messageType` and
`severity` (alerts). The accounts that stand
above rows (`accountName`, `accountDomain`, `virtualAccount`) are theirs. Both spellings of keys are read
(`licenseDetails`, `license_details`). Source of the keys: public API clients and their test data.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, field, replace
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Any, ClassVar, Literal

from licsweep.checked import Quantity
from licsweep.errors import InputError
from licsweep.imports.columns import term_type
from licsweep.imports.files import ImportedFile, check, some
from licsweep.imports.rows import Group, Row, alerts_of, imported
from licsweep.model import Record
from licsweep.position_types import Substitution
from licsweep.serialization import check_json

Document = dict[str, Any]
Kind = Literal["license", "device", "alert"]
_SMART = ("smart_account", "account_name", "smart_account_name", "account_domain")
_VIRTUAL = ("virtual_account", "virtual_account_name")
_TOTAL = ("total_records", "total_rows")
_NAMED_BY: dict[str, str] = {"accounts": "smart", "smart_accounts": "smart", "virtual_accounts": "virtual"}
_CSSM = frozenset({"license_details", "billing_type", "display_name"})
_ONPREM = frozenset({"license", "quantity", "in_use"})
_ALERT = frozenset({"message_type", "severity"})


_KEYS = {"billing": "billing_type", "type": "license_type", "start": "start_date", "end": "end_date"}


class _Answer(Record):
    """Base of what an API says: keys that are not asked for are passed over, those of `_KEYS` have names of ours."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {
        "extra": "ignore",
        "alias_generator": lambda name: _KEYS.get(name, name),
    }


class _Detail(_Answer):
    billing: str | None = None
    type: str | None = None
    quantity: Quantity | None = None
    start: str | None = None
    end: str | None = None
    subscription_id: str | None = None


class _Substitution(_Answer):
    license_name: str
    substituted_license: str
    substituted_quantity: Quantity
    substitution_type: str | None = None

    def stated(self) -> Substitution:
        return Substitution(
            license=self.license_name,
            substituted_license=self.substituted_license,
            quantity=self.substituted_quantity,
            type=self.substitution_type,
        )


class _License(_Answer):
    """A row of v1 or On-Prem (license, quantity, in_use) or of a summary (display_name, entitled or prepaid_...)."""

    license: str | None = None
    display_name: str | None = None
    tag: str | None = None
    billing: str | None = None
    quantity: Quantity | None = None
    entitled: Quantity | None = None
    prepaid_entitled: Quantity | None = None
    in_use: Quantity | None = None
    inuse: Quantity | None = None
    prepaid_inuse: Quantity | None = None
    reserved: Quantity | None = None
    prepaid_reserved: Quantity | None = None
    license_details: tuple[_Detail, ...] | None = None
    license_substitutions: tuple[_Substitution, ...] | None = None


class _Sudi(_Answer):
    udi_pid: str | None = None
    udi_serial_number: str | None = None


class _Usage(_Answer):
    license: str
    quantity: Quantity


class _Device(_Answer):
    host_name: str | None = None
    display_name: str | None = None
    last_contact_date: str | None = None
    sudi: _Sudi = field(default_factory=_Sudi)
    license_usage: tuple[_Usage, ...] | None = None


class _Alert(_Answer):
    message_type: str
    message: str | None = None
    severity: str | None = None
    source: str | None = None


class _Above(Record):
    """What stands above a place in an answer: accounts, and how many rows there are in all pages."""

    smart: str | None = None
    virtual: str | None = None
    total: int | None = None

    def within(self, node: Document, under: str) -> "_Above":
        """What stands above the contents of `node`, which lies under a key."""
        named = {_NAMED_BY[under]: node.get("name") or node.get("domain")} if under in _NAMED_BY else {}
        smart = next((node[key] for key in _SMART if node.get(key)), named.get("smart"))
        virtual = next((node[key] for key in _VIRTUAL if node.get(key)), named.get("virtual"))
        total = _total(node)
        return _Above(
            smart=smart if isinstance(smart, str) else self.smart,
            virtual=virtual if isinstance(virtual, str) else self.virtual,
            total=self.total if total is None else total,
        )


class AnswerRow(Record):
    """One row of an answer and what stands above it; `number` counts the rows of its file."""

    path: Path
    number: int
    above: _Above
    kind: Kind
    text: str
    keys: frozenset[str]

    @property
    def where(self) -> str:
        return f"{self.path}: row {self.number}"

    def row(self, **cells: Any) -> Row:
        """What it states, by field, with the accounts above it."""
        accounts = {"smart_account": self.above.smart, "virtual_account": self.above.virtual}
        return Row(where=str(self.path), number=self.number, cells=accounts | cells)


def rows_of(path: Path, document: Any) -> list[AnswerRow]:
    """The rows of one file. Raises InputError for too many or too deeply nested ones."""
    number = count(1)

    def visit(node: Any, above: _Above, under: str) -> Iterator[AnswerRow]:
        if isinstance(node, dict):
            above = above.within(node, under)
            if kind := _kind(node):
                text, keys = json.dumps(node, sort_keys=True), frozenset(node)
                yield AnswerRow(path=path, number=next(number), above=above, kind=kind, text=text, keys=keys)
                return
            for key, value in node.items():
                yield from visit(value, above, key)
        elif isinstance(node, list):
            for inner in node:  # a total above a list is that of its rows, not of what lies deeper
                yield from visit(inner, above if _kind(inner) else replace(above, total=None), under)

    found = list(visit(_snake(path, document), _Above(), ""))
    check(path, "rows", len(found))
    return found


def total_of(document: Any) -> int | None:
    """How many rows an answer says that there are in all pages."""
    return _total({_snake_key(key): value for key, value in document.items()}) if isinstance(document, dict) else None


def _total(node: Document) -> int | None:
    """The total that stands in an answer, as a number or as digits."""
    said = (str(node[key]) for key in _TOTAL if key in node)
    return next((int(text) for text in said if re.fullmatch("-?[0-9]{1,18}", text)), None)


def missing_pages(rows: Sequence[AnswerRow]) -> str | None:
    """How many rows are there of how many, where an answer says that it has more; fewer would pass for all."""
    unique = {(row.above, row.kind, row.text) for row in rows}
    held = Counter((above.smart, kind, above.total) for above, kind, _ in unique)
    short = [(number, total) for (_, _, total), number in held.items() if total and total > number]
    return f"{short[0][0]} of {short[0][1]} rows" if short else None


def read(rows: Sequence[AnswerRow]) -> ImportedFile:
    """Entitlements and product instances of one answer, which may lie in several files, and notes.

    Raises InputError that names file, row and key.
    """
    paths = list(dict.fromkeys(row.path for row in rows))
    where = some(paths)
    if missing := missing_pages(rows):
        hint = "give all pages in one call: licsweep entitlements import PAGE1 PAGE2 ..."
        raise InputError(f"{where}: holds {missing}", why="pages of the answer are missing", hint=hint)
    firsts: dict[tuple[_Above, str], AnswerRow] = {}
    for row in rows:
        firsts.setdefault((row.above, row.text), row)
    unique = list(firsts.values())
    notes = [f"{where}: {len(rows) - len(unique)} rows stand there twice"] if len(unique) < len(rows) else []
    onprem = {row.keys.isdisjoint(_CSSM) for row in unique if row.kind == "license"} == {True}
    alerts = [_alert(check_json(row.text, _Alert, row.where), row) for row in unique if row.kind == "alert"]
    return imported(
        "cssm-json",
        paths,
        [_license(check_json(row.text, _License, row.where), row) for row in unique if row.kind == "license"],
        [_device(check_json(row.text, _Device, row.where), row) for row in unique if row.kind == "device"],
        notes,
        source="onprem" if onprem else "cssm-licenses",
        alert_source="onprem-alerts",
        alerts=alerts_of(alerts) if alerts else (),
    )


def no_alert(path: Path, document: Any) -> ImportedFile | None:
    """An answer that lists no alert at all; None for any other."""
    if isinstance(document, dict) and document.get("alerts") == [] and not total_of(document):
        return imported("cssm-json", [path], alert_source="onprem-alerts", alerts=alerts_of([]))
    return None


def api_words(document: Any) -> str:
    """The API's own words where it answered without a row."""
    said = document if isinstance(document, dict) else {}
    words = [said[key] for key in ("status", "statusMessage", "message") if key in said]
    return "the API says: " + ", ".join(map(str, words)) if words else "neither licenses nor summary nor devices"


def _snake(path: Path, node: Any, level: int = 0) -> Any:
    check(path, "levels", level)
    if isinstance(node, list):
        return [_snake(path, one, level + 1) for one in node]
    if isinstance(node, dict):
        return {_snake_key(key): _snake(path, value, level + 1) for key, value in node.items()}
    return node


@lru_cache(maxsize=10_000)
def _snake_key(key: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", key).lower()


def _kind(node: Any) -> Kind | None:
    """What a row tells of, by its keys; None for what is no row."""
    keys = set(node) if isinstance(node, dict) else set()
    if keys & {"sudi", "license_usage"}:
        return "device"
    if keys >= _ALERT:
        return "alert"
    billed = "license" in keys and keys & {"license_details", "billing_type"}
    return "license" if billed or keys >= _ONPREM or keys >= {"tag", "display_name"} else None


def _license(row: _License, place: AnswerRow) -> Group:
    """The license and its terms. Without details it owns nothing, by use, or what a summary calls entitled.

    The row total of v1 is not ownership: it tells neither type nor dates, so such a row is refused. On-Prem tells no
    more in any of its rows.
    """
    head = place.row(
        license=row.license or row.display_name,
        entitlement_tag=row.tag,
        billing=row.billing,
        quantity=_first(row.entitled, row.prepaid_entitled) or (None if place.keys & _CSSM else row.quantity),
        cssm_in_use=_first(row.in_use, row.inuse, row.prepaid_inuse),
        cssm_reserved=_first(row.reserved, row.prepaid_reserved),
        substitutions=tuple(one.stated() for one in row.license_substitutions or ()),
    )
    if row.license_details:
        return head, [place.row(**asdict(one) | {"billing": one.billing or row.billing}) for one in row.license_details]
    by_use = term_type(row.billing or "", ends=False) == "usage"
    if row.quantity and not head.cells["quantity"] and not by_use:
        what = f"{place.where}: {row.license}: quantity {row.quantity} without licenseDetails"
        raise InputError(what, why="the row total tells neither type nor dates, so what is owned is not known")
    return head, [head] if by_use or head.cells["quantity"] else []


def _first(*numbers: int | None) -> int | None:
    return next((number for number in numbers if number is not None), None)


def _device(row: _Device, place: AnswerRow) -> Group:
    head = place.row(
        name=row.host_name or row.display_name,
        udi=row.display_name,
        pid=row.sudi.udi_pid,
        sn=row.sudi.udi_serial_number,
        last_contact=row.last_contact_date,
    )
    return head, [place.row(license=use.license, quantity=use.quantity) for use in row.license_usage or ()]


def _alert(row: _Alert, place: AnswerRow) -> Row:
    message = ": ".join(filter(None, (row.message_type, row.message)))
    return place.row(message=message, severity=row.severity, source=row.source)
