"""What NetBox can hold of the position, into custom fields of its devices that are ours alone.

A PATCH of NetBox takes the fields that it names and leaves all others, of several devices all or none
(netbox/netbox/api/viewsets/mixins.py, netbox/extras/api/customfields.py).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, NamedTuple

from licsweep.clean_text import one_line
from licsweep.errors import InputError, LicsweepError, PartlyWritten, plain_reason
from licsweep.estate import netbox_api
from licsweep.estate.inventory import of_server
from licsweep.jobs import judge
from licsweep.model import Record, Utc
from licsweep.reports.export import Export, ExportedInstance, export
from licsweep.settings import FILE_NAME, Project, checked_table
from reconcile.grouping import lists_by

AT_ONCE = 100
_KEYS = {"url": str, "credentials": str, "ca": str, "filters": dict}


class Field(NamedTuple):
    """A custom field of ours: the words of NetBox's API."""

    name: str
    label: str
    type: str
    description: str


FIELDS = (
    Field("licsweep_licenses", "Licenses", "json", "The license lines that the device printed, with their counts"),
    Field("licsweep_compliance_state", "License compliance", "text", "licsweep explain STATE says what it means"),
    Field("licsweep_deadline", "License report due", "datetime", "The next ACK deadline of its usage report"),
    Field("licsweep_last_read", "Licenses read", "datetime", "When the licenses were read from the device"),
)

_IN_COMMON = {"object_types": ["dcim.device"], "group_name": "licsweep", "ui_editable": "no", "required": False}


class NetboxChange(Record):
    """A field of a device that is not yet as judged; `before` and `after` are values of NetBox's API."""

    hostname: str
    device: str
    device_id: int
    field: str
    before: Any
    after: Any


class NetboxExport(Record):
    """What was written, or with a dry run would be. `left_out`: the reason for each product instance that fits no
    device, and for each device with values of an instance that is gone."""

    url: str
    as_of: Utc
    written: bool
    fields_made: tuple[str, ...]
    changes: tuple[NetboxChange, ...]
    left_out: dict[str, str]


def export_netbox(project: Project, *, dry_run: bool, make_fields: bool) -> NetboxExport:
    """Brings our fields of all devices to what is judged now; what is so already is not sent.

    Raises InputError where a field is missing, PartlyWritten where a later part was refused, and what the source
    netbox raises.
    """
    given = _given(project)
    found = export(judge.reconcile(project))
    api = netbox_api.connect(project, given, ("export", "netbox"))
    devices = netbox_api.every(api.dcim.devices, given.get("filters", {}), given["url"])
    with netbox_api.answering(given["url"]):
        missing = [one for one in FIELDS if devices and one.name not in devices[0]["custom_fields"]]
        places, left_out = _places(found.instances, devices)
        changes = tuple(_changes(found, places, devices))
    if missing and not make_fields:
        what = f"{given['url']}: devices have no custom field {', '.join(one.name for one in missing)}"
        raise InputError(what, why="licsweep writes into fields of its own only", hint="export netbox --make-fields")
    if not dry_run:
        if missing:
            with netbox_api.answering(given["url"]):
                api.extras.custom_fields.create([_IN_COMMON | one._asdict() for one in missing])
        _write(api.dcim.devices, changes, given["url"])
    return NetboxExport(
        url=given["url"],
        as_of=found.as_of,
        written=not dry_run,
        fields_made=tuple(one.name for one in missing),
        changes=changes,
        left_out=left_out,
    )


def _given(project: Project) -> dict[str, Any]:
    """[export.netbox], and what it leaves out from [inventory] where that is a NetBox."""
    own = project.export.get("netbox", {})
    checked_table(project.folder / FILE_NAME, ("export", "netbox"), own, _KEYS, "docs/how-to/export.md")
    source = project.inventory if project.inventory["source"] == "netbox" else {}
    source = of_server(source, own.get("url", source.get("url")))
    given = {key: value for key, value in source.items() if key in _KEYS} | dict(own)
    if "url" not in given:
        hint = '[export.netbox] in licsweep.toml: url = "https://..."'
        raise InputError(f"{project.folder}: no NetBox is named", why="there is nowhere to write to", hint=hint)
    return given


def _places(
    instances: Sequence[ExportedInstance], devices: Sequence[Mapping[str, Any]]
) -> tuple[dict[int, ExportedInstance], dict[str, str]]:
    """The device of each product instance, by its number, and the reason for each that has none of its own."""
    find, left_out, met = _Devices(devices), {}, []
    for instance in instances:
        try:
            met.append((find.of(instance), instance))
        except LookupError as error:
            left_out[instance.hostname] = str(error)
    places = {}
    for at, found in lists_by(met).items():
        places[at] = found[0]
        if len(found) > 1:
            reason = f"{len(found)} product instances are the device {_shown(find.by_id[at]['name'])}"
            left_out |= dict.fromkeys((one.hostname for one in found), reason)
            del places[at]
    for one in devices:
        if one["id"] not in places and any(one["custom_fields"].get(field.name) is not None for field in FIELDS):
            left_out.setdefault(
                _shown(one["name"]) or f"device {one['id']}", "values of an earlier export are left as they are"
            )
    return places, left_out


class _Devices:
    """The devices by serial number and by name; a virtual chassis stands for its master."""

    def __init__(self, devices: Sequence[Mapping[str, Any]]) -> None:
        self.by_id: dict[int, Mapping[str, Any]] = {one["id"]: one for one in devices}
        self._by_serial = lists_by((_folded(one["serial"]), one) for one in devices if one["serial"])
        named = [(name, one) for one in devices for name in (one["name"], _chassis(one).get("name")) if name]
        self._by_name = lists_by((_folded(name), one) for name, one in named)

    def of(self, instance: ExportedInstance) -> int:
        """The number of its device. LookupError says why there is none."""
        serials = {_folded(udi.sn) for udi in instance.udis if udi.sn}
        met = [one for serial in serials for one in self._by_serial.get(serial, ())]
        if not met:
            names = {_folded(name) for name in (instance.hostname, *instance.also_known_as)}
            met = [one for name in names for one in self._by_name.get(name, ())]
            if serials and (other := [one["serial"] for one in met if one["serial"]]):
                raise LookupError(f"the device of its name has another serial number: {_shown(other[0])}")
        masters: set[int] = {(_chassis(one).get("master") or one)["id"] for one in met}
        if not masters:
            raise LookupError("no device has its serial number or its name")
        if len(masters) > 1:
            raise LookupError("its serial numbers or its name are those of several devices")
        if not masters <= self.by_id.keys():
            raise LookupError("the master of its virtual chassis is not among the devices")
        return masters.pop()


def _changes(
    found: Export, places: Mapping[int, ExportedInstance], devices: Sequence[Mapping[str, Any]]
) -> Iterator[NetboxChange]:
    lines = lists_by(
        (use.hostname, {"license": _shown(use.license or use.name), "count": use.count, "counted_as": use.counted_as})
        for use in found.licenses
    )
    for device in devices:
        if (instance := places.get(device["id"])) is None:
            continue
        values = (
            lines.get(instance.hostname) if instance.captured_at else None,
            instance.compliance_state,
            _moment(instance.deadline),
            _moment(instance.captured_at),
        )
        for field, after in zip(FIELDS, values, strict=True):
            before = device["custom_fields"].get(field.name)
            if (_moment(before) if field.type == "datetime" else before) != after:
                yield NetboxChange(
                    hostname=instance.hostname,
                    device=_shown(device["name"]) or "",
                    device_id=device["id"],
                    field=field.name,
                    before=before,
                    after=after,
                )


def _write(endpoint: Any, changes: Sequence[NetboxChange], url: str) -> None:
    """Sends the changes, so many devices at once. Raises PartlyWritten where NetBox takes a part only."""
    bodies = [
        {"id": device_id, "custom_fields": {one.field: one.after for one in group}}
        for device_id, group in lists_by((one.device_id, one) for one in changes).items()
    ]
    for start in range(0, len(bodies), AT_ONCE):
        part = bodies[start : start + AT_ONCE]
        why = "the token's user may not change the other devices"
        try:
            with netbox_api.answering(url):
                taken = len(endpoint.update(part))
        except LicsweepError as error:
            if not start:
                raise
            taken, why = 0, plain_reason(error)
        if taken < len(part):
            what = f"{url}: {start + taken} of {len(bodies)} devices were written"
            raise PartlyWritten(what, why=why, hint="run it again: what is written already is not sent again")


def _chassis(device: Mapping[str, Any]) -> Mapping[str, Any]:
    return device.get("virtual_chassis") or {}


def _folded(text: str) -> str:
    return text.strip().casefold()


def _shown(text: str | None) -> str | None:
    return None if text is None else one_line(text)


def _moment(at: object) -> object:
    """A moment in whole seconds, as NetBox gives it back; what is none stays as it is."""
    with suppress(ValueError):
        at = datetime.fromisoformat(at) if isinstance(at, str) else at
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(at, datetime) else at
