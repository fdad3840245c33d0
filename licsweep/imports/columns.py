"""The columns of CSSM's exports: columns.yaml, since no public export states its header.

Headings are compared without regard to case, blanks and punctuation. What an export calls differently is mapped with
`--map COLUMN=FIELD`.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Literal

from licsweep.clean_text import one_line, shell_word
from licsweep.errors import InputError, UsageError
from licsweep.imports.files import SHOWN, some
from licsweep.model import Record
from licsweep.serialization import yaml_table

IGNORE = "ignore"
TermType = Literal["perpetual", "term", "demo", "usage"]
_ACCOUNTS = ("smart_account", "virtual_account")
_TELLING = frozenset({"sn", "udi", "last_contact"})


class Layout(Record):
    """What one kind of export may hold. Of each group in `required` one field must have a column.

    While a field in `rests_on` has no column, a heading that is not known could be it: then the file is refused. The
    cells of a row of totals are empty in the columns of `names`, or hold a word for it. `may_be_empty`: a table without
    rows says that there is none.
    """

    what: str
    columns: Mapping[str, tuple[str, ...]]
    required: tuple[tuple[str, ...], ...]
    rests_on: tuple[str, ...]
    names: tuple[str, ...]
    may_be_empty: bool = False

    def fields_of(self, headings: Sequence[str], asked: Mapping[str, str]) -> list[str | None]:
        """The fields that headings are `asked` or known for."""
        known = {plain(name): field for field, names in self.columns.items() for name in names}
        known |= {plain(column): field for column, field in asked.items()}
        return [known.get(plain(heading)) for heading in headings]

    def fits(self, fields: Sequence[str | None]) -> bool:
        """Whether every field that is needed has a column."""
        return all(set(group) & set(fields) for group in self.required)


class Exports(Record):
    """columns.yaml. `types` are words for the type of a row; with "" the end date decides. `titles`: headings of what
    stands above the table."""

    licenses: Layout
    instances: Layout
    alerts: Layout
    titles: Mapping[str, tuple[str, ...]]
    types: Mapping[str, TermType | Literal[""]]


exports = yaml_table(__file__, "columns.yaml", Exports)


@lru_cache(maxsize=10_000)
def plain(heading: str) -> str:
    """A heading or a word as it is compared."""
    return " ".join("".join(c if c.isalnum() else " " for c in heading.casefold()).split())


def term_type(word: str, *, ends: bool) -> TermType | None:
    """The type of a term by CSSM's word for it, where needed by whether it ends; None for a word that is not known."""
    said = exports().types.get(plain(word))
    if said == "":
        return "term" if ends else "perpetual"
    return said


def lists_instances(headings: Sequence[str]) -> bool:
    """Whether headings are those of a product-instance export: a serial or a last contact stands in no other."""
    return not _TELLING.isdisjoint(exports().instances.fields_of(headings, {}))


def fields_of(
    layout: Layout, headings: Sequence[str], asked: Mapping[str, str], where: str
) -> tuple[list[str | None], list[str], bool]:
    """The field of each column (None: not read), notes on the others, and whether the accounts are On-Prem's own.

    Raises UsageError for a mapping to no field, InputError where a column that is needed is missing or a heading that
    is not known could be one on which a count rests; both print what to type.
    """
    _check_asked(layout, asked, headings)
    found = layout.fields_of(headings, asked)
    strange = [_shown(h) for h, field in zip(headings, found, strict=True) if field is None and h.strip()]
    open_fields = [field for field in layout.rests_on if field not in found]
    maps = " ".join(map(_map_option, strange[:SHOWN]))
    if not layout.fits(found):
        missing = ", ".join(" or ".join(group) for group in layout.required if not set(group) & set(found))
        hint = f"type {maps}" if maps else f"is this the {layout.what}?"
        raise InputError(f"{where}: no column for {missing}", why=_known_fields(layout), hint=hint)
    if strange and open_fields:
        why = f"one of them could be {', '.join(open_fields)}; {_known_fields(layout)}"
        raise InputError(f"{where}: columns that are not known: {some(strange)}", why=why, hint=f"type {maps}")
    twice = sorted({f for f in found if f and f != IGNORE and found.count(f) > 1})
    if twice:
        raise InputError(f"{where}: two columns for {', '.join(twice)}", hint=f'type --map "COLUMN={IGNORE}" for one')
    notes = [f'{where}: column "{h}" was not read; to use it type {_map_option(h)}' for h in strange[:SHOWN]]
    local = any(f in _ACCOUNTS and "local" in plain(h).split() for h, f in zip(headings, found, strict=True))
    return [None if field == IGNORE else field for field in found], notes, local


def _shown(heading: str) -> str:
    """A heading as it may stand in a message."""
    return one_line(" ".join(heading.split()), 100)


def _map_option(heading: str) -> str:
    """What to type for a heading of the file, quoted for a shell: its words are not ours."""
    return f"--map {shell_word(f'{heading}=FIELD')}"


def _check_asked(layout: Layout, asked: Mapping[str, str], headings: Sequence[str]) -> None:
    present = {plain(heading) for heading in headings}
    for column, field in asked.items():
        if field not in layout.columns:
            raise UsageError(f'--map "{column}={field}": no such field', why=_known_fields(layout))
        if plain(column) not in present:
            raise UsageError(
                f'--map "{column}={field}": the file has no such column',
                why=f"it has {some(map(_shown, headings))}",
            )


def _known_fields(layout: Layout) -> str:
    return f"FIELD is one of {', '.join(layout.columns)}"
