"""CSSM's product-instance export as a sheet: rows of one instance, one a license, become one CssmInstance."""

import re

from licsweep.imports.limits import check, some
from licsweep.imports.sheets import Row
from licsweep.position_types import CssmInstance, CssmLicense

_UDI = re.compile(r"\b(?:UDI_)?(PID|SN)\s*:\s*([^;,\s]+)", re.IGNORECASE)


def udi_of(text: str | None) -> tuple[str | None, str | None]:
    """PID and serial in a display name like `UDI_PID:C8000V; UDI_SN:...;`, each None where it does not stand there."""
    said = {key.upper(): value for key, value in _UDI.findall(text or "")}
    return said.get("PID"), said.get("SN")


def product_instances(rows: list[Row]) -> tuple[list[CssmInstance], list[str]]:
    """Product instances without file name and date, and notes. Raises InputError naming the cell."""
    groups: dict[tuple[str | None, ...], list[Row]] = {}
    for row in rows:
        pid, sn = udi_of(row.text("udi") or row.text("name"))
        pid, sn = row.text("pid") or pid, row.text("sn") or sn
        if not (sn or row.text("name")):
            row.fail("sn", "neither a serial nor a name is stated")
        key = (row.text("smart_account"), row.text("virtual_account"), pid, sn, row.text("name"))
        groups.setdefault(key, []).append(row)
    check(rows[0].where, "pools", len(groups))
    made = [
        CssmInstance(
            smart_account=smart,
            virtual_account=virtual,
            pid=pid,
            sn=sn,
            name=name,
            last_contact=max((at for row in lines if (at := row.moment("last_contact"))), default=None),
            licenses=tuple(filter(None, map(_license, lines))),
            source_row=lines[0].number,
        )
        for (smart, virtual, pid, sn, name), lines in groups.items()
    ]
    return made, serial_notes(rows[0].where, made)


def serial_notes(where: str, made: list[CssmInstance]) -> list[str]:
    """A note where instances state no serial: no box can be recognized in them."""
    nameless = [one.source_row or 0 for one in made if one.sn is None]
    return [f"{where}: rows without a serial, which match no box: {some(nameless)}"] if nameless else []


def _license(row: Row) -> CssmLicense | None:
    name, (quantity, _) = row.text("license"), row.quantity("quantity")
    if name is None:
        return None
    if quantity is None:
        row.fail("quantity", f"is empty for {name}; a missing number is not 0")
    return CssmLicense(license=name, quantity=quantity)
