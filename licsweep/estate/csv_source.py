"""Inventory source `csv`: a file with one host a row, as Excel, NetBox or a CMDB writes it.

Known headings become our keys (source_fields.yaml), every other one a value of `data` under its name in small letters.
"""

from collections import Counter
from collections.abc import Iterator

from licsweep import files
from licsweep.errors import InputError, InventoryError
from licsweep.estate.inventory import Inventory, options
from licsweep.estate.other_sources import KEYS, Raw, folded, gather, names_of_others, secrets_among
from licsweep.serialization import csv_rows
from licsweep.settings import Project

_MAX_BYTES = 64 * files.MIB


def read(project: Project) -> Inventory | None:
    """The hosts of the file. Raises InventoryError, InputError (naming file and row)."""
    given = options(project, {**KEYS, "file": str}, needed=("file",))
    file = project.path(given["file"])
    text = files.read(file, _MAX_BYTES).text
    first = next((line for line in text.splitlines() if line.strip()), "")
    rows = csv_rows(str(file), text, max(",;\t", key=first.count))
    headings = next(rows, (0, []))[1]
    theirs = dict(reversed([(folded(heading), heading) for heading in headings if heading.strip()]))
    fields: dict[str, str] = {}
    for ours, names in names_of_others()["csv"].items():
        if name := next((name for name in names if name in theirs), None):
            fields[ours] = theirs.pop(name)
    own = given.get("map", {})
    if not {"name", "hostname"} & {*fields, *own}:
        why = f"its headings are: {', '.join(headings) or 'none'}"
        hint = 'name the column in licsweep.toml: [inventory.map] name = "..."'
        raise InventoryError(f"{file}: no column of names or addresses", why=why, hint=hint)
    secrets = secrets_among(headings)
    twice = [name for name, times in Counter(headings).items() if name.strip() and times > 1]
    fields = {ours: heading for ours, heading in (fields | theirs).items() if heading not in secrets}
    notes = [f"{file}: column {name}: stands there twice, the first counts" for name in twice]
    notes += [f"{file}: column {name}: a secret is not taken (docs/credentials.md)" for name in secrets]
    both = {"name", "hostname"} <= {*fields, *own}
    return gather(project, given, _hosts(str(file), headings, rows), fields, needs_address=both, notes=notes)


def _hosts(file: str, headings: list[str], rows: Iterator[tuple[int, list[str]]]) -> Iterator[Raw]:
    for number, cells in rows:
        if len(cells) < len(headings) or any(cell.strip() for cell in cells[len(headings) :]):
            why = "the row is cut off, or a cell holds the delimiter without quotes"
            raise InputError(f"{file}: row {number}: has {len(cells)} cells, the heading has {len(headings)}", why=why)
        pairs = zip(headings, (cell.strip() for cell in cells), strict=False)
        yield Raw(f"{file}: row {number}", dict(reversed(list(pairs))))
