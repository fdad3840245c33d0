"""A report as neutral data: built once by a kind (usage, estate), rendered by any format; its words are tables.yaml.

A cell is a plain value; None is a value that nobody printed, and every format says so in words (`Column.missing`),
never as 0 or blank. A table's first column names its rows.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, fields
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml

from licsweep.clean_text import clean
from licsweep.model import Record
from licsweep.position_types import Coverage
from licsweep.reports.ways import ways
from reconcile.instances.clock import days_in_words
from reconcile.instances.percent import percent

Cell = str | int | float | bool | date | None
PlainKind = Literal["text", "prose", "code", "int", "bool", "date", "datetime", "percent", "money"]
Kind = Literal[PlainKind, "days", "bar", "state", "ref", "way", "file", "fill"]
Tone = Literal["good", "info", "warn", "bad", "quiet"]


class Column(Record):
    """`kind` prose is sentences; days a number of days until a deadline; code a device's own text; bar an int with a
    bar beside it; state a word with a color; file a page beside this one; fill what people fill in; way one of
    ways.yaml.

    `ref` names the table whose rows carry the same value in their own ref column (pool P1 and the lines of P1).
    """

    key: str
    title: str
    kind: Kind = "text"
    missing: str = "not known"
    ref: str = ""

    @property
    def heading(self) -> str:
        """The title as people read it; times are UTC in every report."""
        return f"{self.title}, UTC" if self.kind == "datetime" else self.title


class Table(Record):
    """Rows are aligned with `columns`, the most important first; `empty` is what is said where there is no row.

    `only`: it stands on the page alone, or in files alone. `picture` is drawn in each row of a page (pictures.py),
    `chart` and `totals` stand in the workbook's `sheet` (its title where it has no name of its own).
    `look` is how it differs on a page: wide pictures, two cards wide, a forecast.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    empty: str = "None."
    only: Literal["", "page", "files"] = ""
    picture: Mapping[str, Any] | None = None
    chart: Mapping[str, Any] | None = None
    totals: Sequence[str] = ()
    sheet: str = ""
    look: str = ""

    def cells(self) -> Iterator[list[tuple[Cell, Column]]]:
        """Each row, its values with their columns."""
        for row in self.rows:
            yield list(zip(row, self.columns, strict=True))

    def of_kind(self, kind: str) -> list[Cell]:
        """The values of all columns of a kind."""
        return [row[at] for at, column in enumerate(self.columns) if column.kind == kind for row in self.rows]


class Card(Record):
    """One headline figure, with what stands behind it."""

    title: str
    value: str
    note: str
    tone: Tone = "quiet"


class Report(Record):
    """A report of one kind; `statement` stands on its face in every format, `main` is the table of a one-file CSV.

    `data` is what its JSON holds in place of the tables, `beside` the files with all rows in the page's folder: by
    table its CSV, and `xlsx`.
    """

    kind: str
    title: str
    headline: str
    statement: str
    generated_at: datetime
    as_of: datetime
    coverage: Coverage
    cards: tuple[Card, ...]
    tables: tuple[Table, ...]
    main: str
    data: Any = None
    beside: Mapping[str, str] = field(default_factory=dict)

    def of(self, place: Literal["page", "files"]) -> list[Table]:
        """The tables of a page, or those of files."""
        return [table for table in self.tables if table.only in ("", place)]

    @property
    def main_table(self) -> Table:
        return next(table for table in self.tables if table.name == self.main)


@cache
def layout() -> dict[str, Any]:
    """tables.yaml: what stands on the face of each report, the layout of each table, colors and widths."""
    text = files("licsweep.reports").joinpath("tables.yaml").read_text("utf-8")
    found: dict[str, Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text).get_single_data()
    return found


def tone_of(word: str) -> Tone:
    """The color of a word."""
    tones: dict[Tone, list[str]] = layout()["tones"]
    return next((tone for tone, words in tones.items() if word in words), "quiet")


def make_table(name: str, records: Iterable[Mapping[str, Any]], figures: Mapping[str, Any]) -> Table:
    """The table of this name, of the records' values for its columns' keys; `figures` stand in its words.

    A missing key is a mistake of ours (KeyError).
    """
    table = layout()["tables"][name]
    columns = tuple(Column(**column | {"title": column["title"].format_map(figures)}) for column in table["columns"])
    rows = tuple(tuple(record[column.key] for column in columns) for record in records)
    said = {part: table[part].format_map(figures) for part in ("title", "note", "empty") if part in table}
    looks = {part: table[part] for part in ("only", "picture", "chart", "totals", "sheet", "look") if part in table}
    return Table(name=name, columns=columns, rows=rows, **said, **looks)


def make_card(card: Mapping[str, Any], figures: Mapping[str, Any]) -> Card:
    """A card of tables.yaml with its figures."""
    note, tone = card["note"], card.get("tone", "quiet")
    if "alarm" in card and not figures[card["alarm"]]:
        note, tone = card.get("none", note), card.get("calm", "good")
    value, note, tone = (words.format_map(figures) for words in (card["value"], note, tone))
    return Card(title=card["title"], value=value, note=note, tone=tone)


def shown(value: Cell, column: Column) -> str:
    """A cell as people read it, on one line, times in UTC."""
    match value:
        case None:
            return column.missing
        case bool():
            return "yes" if value else "no"
        case int() if column.kind == "days":
            return days_in_words(value)
        case float() if column.kind == "percent":
            return percent(value)
        case float():
            return f"{value:,.2f}"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M}"
        case date():
            return value.isoformat()
        case str() if column.kind == "way":
            return ways().get(value, value)
        case _:
            return clean(str(value))


def plain(value: Cell) -> str | float | None:
    """A cell as programs read it: dates in ISO form, times in UTC."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    return value.isoformat() if isinstance(value, date) else value


def values(record: Any) -> dict[str, Any]:
    """The fields of one of our dataclasses, one level deep, by their names in JSON; a JSON path stands in the place of
    a line."""
    found = {field.name.rstrip("_"): getattr(record, field.name) for field in fields(record)}
    return found | {"line": found["path"]} if found.get("path") and "line" in found else found


def hours(now: datetime, then: datetime | None) -> int | None:
    """Whole hours between two moments."""
    return None if then is None else (now - then) // timedelta(hours=1)
