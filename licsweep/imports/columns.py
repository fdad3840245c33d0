"""The columns of CSSM's exports: data, since no public export states its header.

Headings are compared without regard to case, blanks and punctuation. What an export calls differently is mapped with
`--map COLUMN=FIELD`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from licsweep.errors import InputError, UsageError

IGNORE = "ignore"
_ACCOUNTS: Mapping[str, tuple[str, ...]] = {
    "smart_account": (
        "smart account", "smart account name", "account", "account name", "local account", "local account name",
    ),
    "virtual_account": ("virtual account", "virtual account name", "va", "local virtual account",
                        "local virtual account name"),
}  # fmt: skip
LICENSE_COLUMNS: Mapping[str, tuple[str, ...]] = {
    **_ACCOUNTS,
    "license": ("license", "licence", "license name", "license display name", "entitlement", "display name"),
    "entitlement_tag": ("entitlement tag", "tag", "license tag"),
    "type": ("license type", "type", "term type"),
    "billing": ("billing", "billing type"),
    "quantity": (
        "quantity", "qty", "purchased", "purchased quantity", "entitled", "available to use", "count",
        "available to use (purchased)",
    ),
    "start": ("start date", "start", "term start", "subscription start date", "effective date"),
    "end": ("end date", "end", "term end", "expiration date", "expiry date", "expires", "subscription end date"),
    "subscription_id": ("subscription id", "subscription", "subscription reference id"),
    "cssm_in_use": ("in use", "used", "in use quantity"),
    "cssm_reserved": ("reserved", "reserved quantity"),
    IGNORE: (
        "balance", "alerts", "status", "compliance status", "substitution", "substituted", "pending",
        "pending quantity", "actions", "license status", "surplus", "shortage", "description", "notes",
    ),
}  # fmt: skip
INSTANCE_COLUMNS: Mapping[str, tuple[str, ...]] = {
    **_ACCOUNTS,
    "name": (
        "name", "product instance", "product instance name", "instance name", "instance", "display name", "host name",
        "hostname", "device", "device name",
    ),
    "pid": ("pid", "product id", "udi pid", "udi_pid"),
    "sn": ("sn", "serial", "serial number", "serial no", "udi sn", "udi_sn", "udi serial number"),
    "udi": ("udi",),
    "last_contact": ("last contact", "last contact date", "last contacted", "last communication"),
    "license": (*LICENSE_COLUMNS["license"][:-1], "licenses", "licenses used", "license usage"),
    "quantity": ("quantity", "qty", "count", "in use", "used", "license count", "quantity in use"),
    IGNORE: (
        "product type", "product name", "product description", "product tag", "product tag name", "alerts", "status",
        "actions", "registration date", "registered", "uuid", "suvi", "description", "notes", "software version",
        "version",
    ),
}  # fmt: skip
TYPES: Mapping[str, str] = {
    "perpetual": "perpetual", "permanent": "perpetual",
    "term": "term", "subscription": "term", "term based": "term",
    "demo": "demo", "trial": "demo", "evaluation": "demo", "eval": "demo",
    "usage": "usage", "postpaid": "usage", "pay as you go": "usage",
    "standard": "", "prepaid": "", "": "",
}  # fmt: skip
"""Words for the type of a row; with "" the end date decides between term and perpetual."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What one kind of export may hold. Of each group in `required` one field must have a column.

    While a field in `rests_on` has no column, a heading that is not known could be it: then the file is refused.
    """

    what: str
    columns: Mapping[str, tuple[str, ...]]
    required: tuple[tuple[str, ...], ...]
    rests_on: tuple[str, ...]

    def field_of(self, heading: str) -> str | None:
        """The field that a heading is known for."""
        wanted = plain(heading)
        return next((f for f, names in self.columns.items() if wanted in map(plain, names)), None)


LICENSES = Layout(
    "licence export", LICENSE_COLUMNS, (("license",), ("quantity",)), ("license", "quantity", "type", "start", "end")
)
INSTANCES = Layout("product-instance export", INSTANCE_COLUMNS, (("name", "sn", "udi"),), ("license", "quantity"))
_TELLING = frozenset({"sn", "udi", "last_contact"})


@dataclass(frozen=True, slots=True)
class Found:
    """The field of each column (None: not read), notes on the others, and whether the accounts are On-Prem's own."""

    fields: tuple[str | None, ...]
    notes: tuple[str, ...]
    local: bool


def plain(heading: str) -> str:
    """A heading or a word as it is compared."""
    return " ".join("".join(c if c.isalnum() else " " for c in heading.casefold()).split())


def lists_instances(headings: Sequence[str]) -> bool:
    """Whether headings are those of a product-instance export: a serial or a last contact stands in no other."""
    return any(INSTANCES.field_of(heading) in _TELLING for heading in headings)


def fields_of(layout: Layout, headings: Sequence[str], asked: Mapping[str, str], where: str) -> Found:
    """The field of each column.

    Raises UsageError for a mapping to no field, InputError where a column that is needed is missing or a heading that
    is not known could be one on which a count rests; both print what to type.
    """
    wanted = {plain(column): field for column, field in asked.items()}
    _check_asked(layout, asked, headings)
    found = [wanted.get(plain(h)) or layout.field_of(h) for h in headings]
    strange = [h for h, field in zip(headings, found, strict=True) if field is None and h.strip()]
    open_fields = [field for field in layout.rests_on if field not in found]
    maps = " ".join(f'--map "{heading}=FIELD"' for heading in strange)
    if missing := [" or ".join(group) for group in layout.required if not set(group) & set(found)]:
        hint = f"type {maps}" if maps else f"is this the {layout.what}?"
        raise InputError(f"{where}: no column for {', '.join(missing)}", why=_known_fields(layout), hint=hint)
    if strange and open_fields:
        why = f"one of them could be {', '.join(open_fields)}; {_known_fields(layout)}"
        raise InputError(f"{where}: columns that are not known: {', '.join(strange)}", why=why, hint=f"type {maps}")
    twice = sorted({f for f in found if f and f != IGNORE and found.count(f) > 1})
    if twice:
        raise InputError(f"{where}: two columns for {', '.join(twice)}", hint=f'type --map "COLUMN={IGNORE}" for one')
    notes = tuple(f'{where}: column "{h}" was not read; to use it type --map "{h}=FIELD"' for h in strange)
    local = any(f in _ACCOUNTS and "local" in plain(h).split() for h, f in zip(headings, found, strict=True))
    return Found(tuple(None if field == IGNORE else field for field in found), notes, local)


def _check_asked(layout: Layout, asked: Mapping[str, str], headings: Sequence[str]) -> None:
    present = {plain(heading) for heading in headings}
    for column, field in asked.items():
        if field not in layout.columns:
            raise UsageError(f'--map "{column}={field}": no such field', why=_known_fields(layout))
        if plain(column) not in present:
            raise UsageError(
                f'--map "{column}={field}": the file has no such column', why=f"it has {', '.join(headings)}"
            )


def _known_fields(layout: Layout) -> str:
    return f"FIELD is one of {', '.join(layout.columns)}"
