"""The columns of a CSSM licence export: data, since no public export states its header.

Headings are compared without regard to case, blanks and punctuation. What an export calls differently is mapped with
`--map COLUMN=FIELD`.
"""

from collections.abc import Mapping, Sequence

from licsweep.errors import InputError, UsageError

IGNORE = "ignore"
SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "smart_account": ("smart account", "smart account name", "account", "account name"),
    "virtual_account": ("virtual account", "virtual account name", "local virtual account", "va"),
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
REQUIRED = ("license", "quantity")
OWNERSHIP_RESTS_ON = ("license", "quantity", "type", "start", "end")
"""While one of these has no column, a heading that is not known could be it: then the file is refused."""
TYPES: Mapping[str, str] = {
    "perpetual": "perpetual", "permanent": "perpetual",
    "term": "term", "subscription": "term", "term based": "term",
    "demo": "demo", "trial": "demo", "evaluation": "demo", "eval": "demo",
    "usage": "usage", "postpaid": "usage", "pay as you go": "usage",
    "standard": "", "prepaid": "", "": "",
}  # fmt: skip
"""Words for the type of a row; with "" the end date decides between term and perpetual."""


def plain(heading: str) -> str:
    """A heading or a word as it is compared."""
    return " ".join("".join(c if c.isalnum() else " " for c in heading.casefold()).split())


_FIELD_OF = {plain(name): field for field, names in SYNONYMS.items() for name in names}


def fields_of(headings: Sequence[str], asked: Mapping[str, str], where: str) -> tuple[list[str | None], list[str]]:
    """The field of each column (None: not read), and notes on columns that are not known.

    Raises UsageError for a mapping to no field, InputError where a column that is needed is missing or a heading that
    is not known could be one on which ownership rests; both print what to type.
    """
    wanted = {plain(column): field for column, field in asked.items()}
    _check_asked(asked, headings)
    found: list[str | None] = [wanted.get(plain(h)) or _FIELD_OF.get(plain(h)) for h in headings]
    strange = [h for h, field in zip(headings, found, strict=True) if field is None and h.strip()]
    open_fields = [field for field in OWNERSHIP_RESTS_ON if field not in found]
    maps = " ".join(f'--map "{heading}=FIELD"' for heading in strange)
    if missing := [field for field in REQUIRED if field not in found]:
        hint = f"type {maps}" if maps else "is this the licence export?"
        raise InputError(f"{where}: no column for {', '.join(missing)}", why=_known_fields(), hint=hint)
    if strange and open_fields:
        why = f"one of them could be {', '.join(open_fields)}; {_known_fields()}"
        raise InputError(f"{where}: columns that are not known: {', '.join(strange)}", why=why, hint=f"type {maps}")
    twice = sorted({f for f in found if f and f != IGNORE and found.count(f) > 1})
    if twice:
        raise InputError(f"{where}: two columns for {', '.join(twice)}", hint=f'type --map "COLUMN={IGNORE}" for one')
    notes = [f'{where}: column "{h}" was not read; to use it type --map "{h}=FIELD"' for h in strange]
    return [None if field == IGNORE else field for field in found], notes


def _check_asked(asked: Mapping[str, str], headings: Sequence[str]) -> None:
    present = {plain(heading) for heading in headings}
    for column, field in asked.items():
        if field not in SYNONYMS:
            raise UsageError(f'--map "{column}={field}": no such field', why=_known_fields())
        if plain(column) not in present:
            raise UsageError(
                f'--map "{column}={field}": the file has no such column', why=f"it has {', '.join(headings)}"
            )


def _known_fields() -> str:
    return f"FIELD is one of {', '.join(SYNONYMS)}"
