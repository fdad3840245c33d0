"""FTD (Secure Firewall Threat Defense) over CLISH: identity, manager, failover and cluster. Its licenses are its
manager's (FMC, cdFMC), or its own where FDM manages it (`cisco_fdm`).

`show high-availability config` is read and never sent: its last word begins `configure`. `show failover` says as much.
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
        Command(line="show cluster info"),
    ),
)
