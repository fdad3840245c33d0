"""Inventory source `netbox`: the devices of NetBox 4 by its REST API.

A virtual chassis is one host, with the chassis' name and its master's address. Which fields of a device are taken is
in source_fields.yaml.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from licsweep.estate.inventory import Inventory, options
from licsweep.estate.netbox_api import answering, connect, every
from licsweep.estate.other_sources import KEYS, Raw, gather, names_of_others, value_at
from licsweep.settings import Project

_MASTER = "virtual_chassis.master.id"
_KEYS = {**KEYS, "url": str, "credentials": str, "ca": str, "filters": dict, "virtual_machines": dict}


def read(project: Project) -> Inventory | None:
    """The devices that the filters give. Raises InputError, InventoryError, CredentialError, MissingExtra, and as an
    AccessError what went wrong with the server."""
    given = options(project, _KEYS, needed=("url",))
    client, url = connect(project, given), given["url"].rstrip("/")
    filters, notes = given.get("filters", {}), []
    rows = every(client.dcim.devices, filters, url)
    with answering(url):
        whole = client.dcim.devices.count() if filters else 0
    if filters and whole == len(rows):
        notes.append(f"{url}: the filters leave no device out; NetBox ignores a filter whose name it does not know")
    with answering(url):
        raws = list(_hosts(rows))
    if "virtual_machines" in given:
        machines = every(client.virtualization.virtual_machines, given["virtual_machines"], url)
        with answering(url):
            raws += [Raw(f"NetBox virtual machine {row['id']}", row, _tags(row)) for row in machines]
    fields = names_of_others()["netbox"] | ({"status": ""} if "status" in filters else {})
    return gather(project, given, raws, fields, needs_address=True, notes=notes)


def _hosts(rows: list[dict[str, Any]]) -> Iterator[Raw]:
    ids = {row["id"] for row in rows}
    for row in rows:
        at, chassis, master = f"NetBox device {row['id']}", value_at(row, "virtual_chassis"), value_at(row, _MASTER)
        if not chassis or master == row["id"]:
            name = value_at(row, "virtual_chassis.name") or row.get("name")
            yield Raw(at, row | {"name": name}, _tags(row))
            continue
        reason = "which is one host" if master in ids else "whose master is not among the devices that NetBox gives"
        reason = reason if master else "which has no master"
        yield Raw(at, row, left_out=f"member of virtual chassis {value_at(row, 'virtual_chassis.name')}, {reason}")


def _tags(row: Mapping[str, Any]) -> list[str]:
    return [str(tag["slug"]) for tag in row.get("tags") or () if isinstance(tag, dict) and "slug" in tag]
