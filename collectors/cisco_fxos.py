"""FXOS on 4100 and 9300: the chassis holds the infrastructure licenses of its ASA instances, and says who runs in it.

The lines that go into a scope print nothing and are read by no template.
"""

from licsweep.platforms import Command, Platform

PLATFORM = Platform(
    name="cisco_fxos",
    session="fxos",
    pager_off="terminal length 0",
    commands=(
        Command(line="show version"),
        Command(line="show chassis detail"),
        Command(line="scope ssa"),
        Command(line="show app-instance detail"),
        Command(line="top"),
        Command(line="scope license"),
        Command(line="show license all", required=True),
        Command(line="top"),
    ),
    may_send=("show chassis inventory", "show app-instance"),
)
