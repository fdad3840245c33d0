"""IOS XR 7 on: the smart agent's sections. `show license platform` counts by area what `all` counts by tag."""

from licsweep.platforms import SHOW_LICENSE, Command, Platform

PLATFORM = Platform(
    name="cisco_xr",
    session="xr",
    pager_off="terminal length 0",
    commands=(
        Command(line="show version"),
        Command(line="show license all", required=True),
    ),
    may_send=SHOW_LICENSE,
)
