"""Legacy IOS: `show license all` lists the stores of PAK and RTU licenses, or the smart agent's sections."""

from licsweep.platforms import SHOW_LICENSE, Command, Platform

PLATFORM = Platform(
    name="cisco_ios",
    session="ios",
    pager_off="terminal length 0",
    commands=(
        Command(line="show version"),
        Command(line="show license all", required=True),
        Command(line="show license udi"),
    ),
    may_send=SHOW_LICENSE,
)
