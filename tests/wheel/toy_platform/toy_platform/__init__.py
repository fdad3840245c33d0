"""The platform toy_box: boxes of an invented vendor, for licsweep."""

from licsweep.platforms import Command, Platform

PLATFORM = Platform(
    name="toy_box",
    session="toy",
    pager_off="terminal pager 0",
    commands=(Command(line="show version"), Command(line="show license", required=True)),
    may_send=("show license history DAYS",),
    templates="toy_platform",
)
