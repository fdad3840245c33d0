"""What the readers of files share: what a file of entitlements is read into, and a JSON document."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args

from licsweep.errors import InputError
from licsweep.position_types import CssmInstance, Entitlement
from licsweep.serialization import read_bounded

Kind = Literal["cssm-csv", "cssm-json", "cssm-instances", "xlsx", "yaml"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Source = Literal["cssm-licenses", "cssm-instances", "onprem", "yaml"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedFile:
    """The rows of one file, and what a person should know about the reading.

    `source` and `instance_source` are what the scope of an import rests on: where the figures come from, not the form.
    `exported_at` is what the file itself says; its rows carry the date that counts.
    """

    kind: Kind
    source: Source = "cssm-licenses"
    instance_source: Source = "cssm-instances"
    entitlements: tuple[Entitlement, ...] = ()
    instances: tuple[CssmInstance, ...] = ()
    notes: tuple[str, ...] = ()
    exported_at: datetime | None = None


def load_json(path: Path) -> Any:
    """The document of a JSON file. Raises InputError."""
    try:
        return json.loads(read_bounded(path))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not valid JSON", why=str(error)) from error
