"""Our own YAML (or JSON): `entitlements` and `product_instances` (docs/judgement.md, "Project files")."""

import re
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from licsweep.checked import Checked
from licsweep.errors import InputError
from licsweep.imports.files import ImportedFile
from licsweep.imports.rows import Group, Row, imported
from licsweep.model import Record, Utc
from licsweep.position_types import CssmInstance, Entitlement, Term
from licsweep.serialization import load_yaml_file

_OWN = re.compile(r"""\b(?:entitlements|product_instances)["']?[ \t]*:""")


def _stated(term: Any) -> Any:
    """A term of which only usage may leave its quantity open: elsewhere a missing number would pass for 0."""
    if isinstance(term, dict) and term.get("quantity") is None:
        if term.get("type") != "usage":
            raise ValueError("quantity is missing")
        return term | {"quantity": 0}
    return term


class _Entitlement(Entitlement):
    terms: tuple[Annotated[Term, Checked(_stated)], ...] = ()


class _File(Record):
    """The YAML of docs/judgement.md. The file alone says when it was exported; its rows are as `list` prints them."""

    entitlements: tuple[_Entitlement, ...] | None = None
    product_instances: tuple[CssmInstance, ...] | None = None
    smart_account: str | None = None
    exported_at: Utc | None = None


def is_own(document: Any) -> bool:
    """Whether a JSON document has our own shape."""
    return isinstance(document, dict) and ("entitlements" in document or "product_instances" in document)


def read(path: Path, text: str) -> ImportedFile:
    """The rows of a file with this text. Raises InputError that names file, line and key."""
    if not _OWN.search(text):
        what = f"{path}: holds neither entitlements nor product_instances"
        why, hint = "it is read as YAML, being no table and no JSON", "licsweep init shows a sample"
        raise InputError(what, why=why, hint=hint)
    said: _File = load_yaml_file(path, _File)

    def group(number: int, stated: Any, parts: str) -> Group:
        cells = asdict(stated)
        cells["smart_account"] = cells["smart_account"] or said.smart_account
        head, *lines = (Row(where=str(path), number=number, cells=one) for one in (cells, *cells[parts]))
        return head, lines

    return imported(
        "yaml",
        [path],
        [group(number, row, "terms") for number, row in enumerate(said.entitlements or (), 1)],
        [group(number, row, "licenses") for number, row in enumerate(said.product_instances or (), 1)],
        source="yaml",
        exported_at=said.exported_at,
    )
