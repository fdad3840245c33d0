"""NetBox 4's REST API as far as it is read: lists in pages, tokens of both versions, permissions, and its faults.

Shapes: dcim/api/serializers_/devices.py, netbox/api/pagination.py and authentication.py of netbox-community/netbox.
"""

import json
from collections.abc import Callable, Collection
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.fakes.https_server import Asked, HttpsServer, Says

TOKEN = "nbt_Ab3dEf6hIj9k.0123456789abcdef0123456789abcdef01234567"
OLD_TOKEN = "0123456789abcdef0123456789abcdef01234567"
DEVICES, MACHINES = "/api/dcim/devices/", "/api/virtualization/virtual-machines/"

FIELDS = "/api/extras/custom-fields/"


def device(number: int, **more: Any) -> dict[str, Any]:
    """A device as NetBox shows it in a list; `more` replaces what it says."""
    address = {
        "id": number,
        "url": f"https://x/api/ipam/ip-addresses/{number}/",
        "address": f"192.0.2.{number % 250}/24",
    }
    return {
        "id": number,
        "url": f"https://x{DEVICES}{number}/",
        "display": f"sw-{number:04}",
        "name": f"sw-{number:04}",
        "device_type": {"id": 1, "url": "https://x/api/dcim/device-types/1/", "model": "C9300-48P"},
        "role": {"id": 1, "url": "https://x/api/dcim/device-roles/1/", "name": "Access", "slug": "access"},
        "tenant": {"id": 1, "url": "https://x/api/tenancy/tenants/1/", "name": "Example", "slug": "example"},
        "platform": {"id": 1, "url": "https://x/api/dcim/platforms/1/", "name": "IOS-XE", "slug": "ios-xe"},
        "site": {"id": 1, "url": "https://x/api/dcim/sites/1/", "name": "Berlin", "slug": "berlin"},
        "serial": "",
        "status": {"value": "active", "label": "Active"},
        "primary_ip": address,
        "virtual_chassis": None,
        "tags": [{"id": 1, "url": "https://x/api/extras/tags/1/", "name": "Licensed", "slug": "licensed"}],
        "custom_fields": {"cssm_virtual_account": "Campus", "contract": {"id": 7, "name": "EA"}},
    } | more


class NetBox:
    """`with NetBox(devices) as server:`. `fault(asked, number)` may give another answer to a request, by its number.

    `writable`: the devices that the token's user may change; none given: all, None: it may not write.
    """

    def __init__(
        self,
        devices: list[dict[str, Any]],
        machines: list[dict[str, Any]] | None = None,
        *,
        max_page: int = 1000,
        writable: Collection[int] | None = None,
        fault: Callable[[Asked, int], Says | None] = lambda *_: None,
        tokens: tuple[str, ...] = (f"Bearer {TOKEN}", f"Token {OLD_TOKEN}"),
        **server: Any,
    ) -> None:
        self._lists = {DEVICES: devices, MACHINES: machines or []}
        self._max_page, self._fault, self._tokens = max_page, fault, tokens
        self._writable = writable
        self.server = HttpsServer(self._respond, **server)

    def __enter__(self) -> HttpsServer:
        return self.server.__enter__()

    def __exit__(self, *_: object) -> None:
        self.server.__exit__()

    def _respond(self, asked: Asked) -> Says:
        if says := self._fault(asked, len(self.server.asked)):
            return says
        headers = {name.lower(): value for name, value in asked.headers.items()}
        if headers.get("authorization") not in self._tokens:
            return Says(403, {"detail": "Invalid v2 token"})
        if asked.method == "POST" and asked.path == FIELDS and self._writable is not None:
            made = json.loads(asked.body)
            for row in self._lists[DEVICES]:
                row["custom_fields"] |= {field["name"]: None for field in made}
            return Says(201, made)
        if asked.path not in self._lists:
            return Says(404, {"detail": "Not found."})
        if asked.method == "PATCH":
            return self._changed(self._lists[asked.path], json.loads(asked.body))
        query = parse_qs(urlsplit(asked.target).query)
        sites, statuses = query.get("site"), query.get("status")
        if sites == ["nowhere"]:
            return Says(400, {"site": ["Select a valid choice. nowhere is not one of the available choices."]})
        rows = [
            row
            for row in self._lists[asked.path]
            if (not sites or row["site"]["slug"] in sites) and (not statuses or row["status"]["value"] in statuses)
        ]
        offset, limit = (int(query.get(name, [default])[0]) for name, default in (("offset", "0"), ("limit", "50")))
        limit = min(limit, self._max_page)
        page = rows[offset : offset + limit]
        more = "https://elsewhere.example.net/next" if offset + limit < len(rows) else None
        return Says(200, {"count": len(rows), "next": more, "previous": None, "results": page})

    def _changed(self, rows: list[dict[str, Any]], bodies: list[dict[str, Any]]) -> Says:
        """All or none (BulkUpdateModelMixin); a device that the token's user may not change is passed over."""
        if self._writable is None:
            return Says(403, {"detail": "You do not have permission to perform this action."})
        by_id = {row["id"]: row for row in rows if row["id"] in self._writable or not self._writable}
        known = [(by_id[body["id"]], body["custom_fields"]) for body in bodies if body["id"] in by_id]
        for row, fields in known:
            if unknown := fields.keys() - row["custom_fields"].keys():
                return Says(400, {"custom_fields": [f"Unknown field name '{min(unknown)}' in custom field data."]})
        for row, fields in known:
            row["custom_fields"] |= fields
        return Says(200, [row for row, _ in known])
