"""Our own YAML (or JSON): `entitlements` and `product_instances` (docs/judgement.md, "Project files")."""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from licsweep.errors import InputError
from licsweep.imports.cells import one_line
from licsweep.imports.files import ImportedFile, decoded, read_raw
from licsweep.imports.instances import serial_notes, udi_of
from licsweep.imports.limits import check
from licsweep.imports.quantity_type import Whole
from licsweep.model import Record, Utc
from licsweep.position_types import CssmInstance, CssmLicense, Entitlement, Term
from licsweep.serialization import load_yaml_file

_OWN = re.compile(r"""\b(?:entitlements|product_instances)["']?[ \t]*:""")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Term(Record):
    type: Literal["perpetual", "term", "demo", "usage"]
    quantity: Annotated[int, Whole()] | None = None
    start: date | None = None
    end: date | None = None
    subscription_id: str | None = None

    def __post_init__(self) -> None:
        if self.quantity is None and self.type != "usage":
            raise ValueError("quantity is missing")
        if self.start and self.end and self.end < self.start:
            raise ValueError("end is before start")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entitlement(Record):
    license: str
    virtual_account: str | None = None
    entitlement_tag: str | None = None
    terms: tuple[_Term, ...] = ()
    cssm_in_use: Annotated[int, Whole()] | None = None
    cssm_reserved: Annotated[int, Whole()] | None = None

    def __post_init__(self) -> None:
        if not self.license.strip():
            raise ValueError("license is empty")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Charged(Record):
    license: str
    quantity: Annotated[int, Whole()]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Instance(Record):
    virtual_account: str | None = None
    pid: str | None = None
    sn: str | None = None
    name: str | None = None
    last_contact: Utc | None = None
    licenses: tuple[_Charged, ...] = ()

    def __post_init__(self) -> None:
        if not (self.sn or self.name or "").strip():
            raise ValueError("sn and name are missing")


@dataclass(frozen=True, slots=True, kw_only=True)
class _File(Record):
    """The YAML of docs/judgement.md, "Project files"."""

    entitlements: tuple[_Entitlement, ...] | None = None
    product_instances: tuple[_Instance, ...] | None = None
    smart_account: str | None = None
    exported_at: Utc | None = None


def is_own(document: Any) -> bool:
    """Whether a JSON document has our own shape."""
    return isinstance(document, dict) and ("entitlements" in document or "product_instances" in document)


def read(path: Path) -> ImportedFile:
    """The rows of a file. Raises InputError that names file, line and key."""
    if not _OWN.search(decoded(path, read_raw(path))[0]):
        what = f"{path}: holds neither entitlements nor product_instances"
        raise InputError(
            what, why="it is read as YAML, being no table and no JSON", hint="licsweep init shows a sample"
        )
    said: _File = load_yaml_file(path, _File)
    check(path, "pools", len(said.entitlements or ()) + len(said.product_instances or ()))
    instances = [
        _instance(said.smart_account, number, row) for number, row in enumerate(said.product_instances or (), 1)
    ]
    bought = [_entitlement(said.smart_account, number, row) for number, row in enumerate(said.entitlements or (), 1)]
    return ImportedFile(
        kind="yaml",
        source="yaml",
        entitlements=tuple(bought),
        instances=tuple(instances),
        notes=tuple(serial_notes(str(path), instances)),
        exported_at=said.exported_at,
    )


def _entitlement(smart_account: str | None, number: int, row: _Entitlement) -> Entitlement:
    return Entitlement(
        smart_account=smart_account,
        virtual_account=row.virtual_account,
        license=" ".join(row.license.split()),
        entitlement_tag=one_line(row.entitlement_tag),
        terms=tuple(
            Term(type=t.type, quantity=t.quantity or 0, start=t.start, end=t.end, subscription_id=t.subscription_id)
            for t in row.terms
        ),
        cssm_in_use=row.cssm_in_use,
        cssm_reserved=row.cssm_reserved,
        source_row=number,
    )


def _instance(smart_account: str | None, number: int, row: _Instance) -> CssmInstance:
    pid, sn = udi_of(row.name)
    return CssmInstance(
        smart_account=smart_account,
        virtual_account=row.virtual_account,
        pid=row.pid or pid,
        sn=row.sn or sn,
        name=row.name,
        last_contact=row.last_contact,
        licenses=tuple(CssmLicense(license=" ".join(u.license.split()), quantity=u.quantity) for u in row.licenses),
        source_row=number,
    )
