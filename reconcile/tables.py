"""The tables that judgement rests on: shipped YAML beside this module, a project's files of the same name over it.

What Cisco's names mean differs by product and changes with time, so it is data: each shipped row carries its source
and a confidence (V read in a public source, D derived from samples, K general knowledge).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Literal

from licsweep.codec import load_yaml_file
from licsweep.model import Record

Confidence = Literal["V", "D", "K"]
Reporter = Literal["device", "cslu", "onprem", "sd-wan-manager", "catalyst-center"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueRow(Record):
    """One licence under its CSSM name. `labels` is what devices print in parentheses, `features` their short names."""

    license: str
    family: str | None = None
    tier: str | None = None
    tags: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    unit_price: float | None = None
    currency: str | None = None
    source: str | None = None
    confidence: Confidence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRow(Record):
    """A label that devices print, and the entitlement tag that it stands for."""

    label: str
    tag: str
    source: str | None = None
    confidence: Confidence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReporterRow(Record):
    """Who takes the usage reports of a box whose transport URL matches `url` (a regular expression)."""

    url: str
    reported_by: Reporter
    source: str | None = None
    confidence: Confidence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """A project's rows apart from the shipped ones: the project's are asked first."""

    project: tuple[CatalogueRow, ...] = ()
    shipped: tuple[CatalogueRow, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    reporters: tuple[ReporterRow, ...] = ()

    @classmethod
    def load(cls, project: Path | None = None) -> "Tables":
        """The shipped tables, overridden by `project`'s catalogue.yaml, labels.yaml and reporters.yaml where given.

        Raises InputError with file, line and key where a project's file does not have the expected shape.
        """
        labels = (*_shipped("labels.yaml", LabelRow), *_own(project, "labels.yaml", LabelRow))
        return cls(
            project=_own(project, "catalogue.yaml", CatalogueRow),
            shipped=_shipped("catalogue.yaml", CatalogueRow),
            labels={norm(row.label): row.tag for row in labels},
            reporters=(*_own(project, "reporters.yaml", ReporterRow), *_shipped("reporters.yaml", ReporterRow)),
        )

    def price(self, license_id: str) -> tuple[float | None, str | None]:
        """Unit price and currency of a licence, the project's row first."""
        for row in (*self.project, *self.shipped):
            if row.unit_price is not None and slug(row.license) == license_id:
                return row.unit_price, row.currency
        return None, None


@lru_cache(maxsize=100_000)
def norm(text: str) -> str:
    """A name as it is compared: blanks collapsed, case folded."""
    return " ".join(text.split()).casefold()


def slug(name: str) -> str:
    """The canonical id of a licence: names that differ only in case, blanks and punctuation are one licence."""
    return re.sub(r"[^\w+]+|_", "-", norm(name)).strip("-") or norm(name)


@cache
def _shipped(name: str, row: type) -> tuple[Any, ...]:
    with as_file(files("reconcile") / name) as path:
        return _rows(path, row)


def _own(project: Path | None, name: str, row: type) -> tuple[Any, ...]:
    path = project / name if project else None
    return _rows(path, row) if path and path.exists() else ()


def _rows(path: Path, row: Any) -> tuple[Any, ...]:
    rows: tuple[Any, ...] = load_yaml_file(path, tuple[row, ...] | None) or ()
    return rows
