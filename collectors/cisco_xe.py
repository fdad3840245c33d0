"""IOS XE with the smart agent: one command says all but the release."""

from licsweep.platforms import SHOW_LICENSE, Command, Platform

PLATFORM = Platform(
    name="cisco_xe",
    session="ios",
    pager_off="terminal length 0",
    commands=(
        Command(line="show version"),
        Command(line="show license all", required=True),
    ),
    may_send=(*SHOW_LICENSE, "show call-home smart-licensing"),
)
