"""ASA: smart agents 1.6 to 4.9 say it all; a box with activation keys knows no `show license all`, and its
`show version` lists the features of the key.
"""

from licsweep.platforms import SHOW_LICENSE, Command, Platform

PLATFORM = Platform(
    name="cisco_asa",
    session="asa",
    pager_off="terminal pager 0",
    commands=(
        Command(line="show version"),
        Command(line="show license all", required=True),
    ),
    may_send=(*SHOW_LICENSE, "show activation-key", "show activation-key detail"),
)
