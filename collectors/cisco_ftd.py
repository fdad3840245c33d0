"""FTD (Secure Firewall Threat Defense) over CLISH: identity, manager, failover and cluster. Its licenses are its
manager's (FMC, cdFMC), or its own where FDM manages it (`cisco_fdm`).

`show failover` and `show high-availability config` print the same; a release may know only one of them.
"""

from licsweep.platforms import Command, Platform

PLATFORM = Platform(
    name="cisco_ftd",
    session="clish",
    commands=(
        Command(line="show version"),
        Command(line="show version system"),
        Command(line="show managers", required=True),
        Command(line="show failover"),
        Command(line="show high-availability config"),
        Command(line="show cluster info"),
    ),
)
