"""Pools, product instances and license lines of a judgement for another system: a CMDB, a spreadsheet, a script.

A contract: fields stay as they are, new ones come behind them. docs/schemas/export-json.json is made of the types.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from licsweep import serialization
from licsweep.model import Observation, Record, Utc
from licsweep.position_types import Coverage, Instance, JudgementResult, Pool, Use
from licsweep.reports.plain_tables import csv_text
from licsweep.vocabulary import LicensingModel


class ExportedInstance(Instance):
    """A product instance as judged, and what it is; `captured_at` is when it was last read."""

    platform: str | None = None
    release: str | None = None
    licensing_model: LicensingModel | None = None
    captured_at: Utc | None = None


class Export(Record):
    """The position as of a date; `licenses` are the printed lines that the figures of the pools are sums of."""

    as_of: Utc
    coverage: Coverage
    pools: tuple[Pool, ...]
    instances: tuple[ExportedInstance, ...]
    licenses: tuple[Use, ...]


TABLES: Mapping[str, type[ExportedInstance | Pool | Use]] = {
    "instances": ExportedInstance,
    "pools": Pool,
    "licenses": Use,
}


def export(result: JudgementResult) -> Export:
    """What a judgement gives other systems."""
    seen = {state.hostname: state.observation for state in result.states}
    judged = result.judgement
    return Export(
        as_of=judged.as_of,
        coverage=judged.coverage,
        pools=judged.pools,
        instances=tuple(_exported(one, seen.get(one.hostname)) for one in judged.instances),
        licenses=result.uses,
    )


def _exported(instance: Instance, seen: Observation | None) -> ExportedInstance:
    judged: dict[str, Any] = {one.name: getattr(instance, one.name) for one in fields(Instance)}
    own = fields(ExportedInstance)[len(judged) :] if seen else ()
    return ExportedInstance(**judged, **{one.name: getattr(seen, one.name) for one in own})


def csv_of(found: Export, table: str) -> str:
    """A table of it as CSV, a column for each field; of lists the parts stand in one cell with blanks between."""
    kind = TABLES[table]
    rows: list[dict[str, Any]] = serialization.plain(list(getattr(found, table)), list[kind])  # type: ignore[valid-type]
    return csv_text((one.name for one in fields(kind)), ([_cell(cell) for cell in row.values()] for row in rows))


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Sequence) and not isinstance(value, str):
        parts = (f"{one.get('pid') or ''}:{one.get('sn') or ''}" if isinstance(one, dict) else one for one in value)
        return " ".join(dict.fromkeys(parts))
    return value
