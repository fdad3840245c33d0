"""Expressway and VCS (tsh): each node is registered by itself. `xStatus Options` lists the option keys of VCS and of
Expressway to X14.
"""

from licsweep.platforms import Command, Platform

PLATFORM = Platform(
    name="cisco_expressway",
    session="tsh",
    identity_command="xStatus SystemUnit",
    commands=(
        Command(line="xStatus SystemUnit"),
        Command(line="xStatus License", required=True),
        Command(line="xStatus Options"),
        Command(line="xStatus Cluster"),
        Command(line="GET /api/v1/status/common/smartlicensing/licensing"),
    ),
    local_accounts=True,
)
