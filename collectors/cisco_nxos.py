"""NX-OS: `show license usage` exists on every release, as a feature table to 9.x and as blocks from 10.2 on.

`show license all` adds accounts, reporting and UDI on 10.x; `show license host-id` is the serial of a 9.x box. Each
of the two is refused by the other kind of release, so neither is required.
"""

from collectors.base import Platform

PLATFORM = Platform(
    name="cisco_nxos",
    commands=("show version", "show license usage", "show license all", "show license host-id"),
    required=("show license usage",),
)
