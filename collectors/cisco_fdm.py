"""An FTD that manages itself (FDM), over its own REST interface: it is the product instance of its licenses."""

from licsweep.platforms import Command, Platform

_FDM = "GET /api/fdm/latest"
PLATFORM = Platform(
    name="cisco_fdm",
    session="fdm",
    transport="https",
    identity_command=f"{_FDM}/operational/systeminfo/default",
    commands=(
        Command(line=f"{_FDM}/operational/systeminfo/default"),
        Command(line=f"{_FDM}/license/smartagentstatuses", required=True),
        Command(line=f"{_FDM}/license/smartlicenses", required=True),
        Command(line=f"{_FDM}/devices/default/operational/ha/status/default"),
    ),
    local_accounts=True,
)
