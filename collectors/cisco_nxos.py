"""NX-OS: `show license usage` exists on every release, as a feature table to 9.x and as blocks from 10.2 on.

`show license all` adds accounts, reporting and UDI on 10.x; `show license host-id` is the serial of a 9.x box. Each
of the two is refused by the other kind of release, so neither is required.
"""

from licsweep.platforms import SHOW_LICENSE, Command, Platform

PLATFORM = Platform(
    name="cisco_nxos",
    session="nxos",
    pager_off="terminal length 0",
    commands=(
        Command(line="show version"),
        Command(line="show license usage", required=True),
        Command(line="show license all"),
        Command(line="show license host-id"),
    ),
    may_send=SHOW_LICENSE,
)
