"""FMC and cdFMC over REST, which tells the licenses of every device managed; `show version` over SSH tells its model.

`devicelicenses` is there from 7.2 on, the licenses of older devices stand in `devicerecords`. DOMAIN is the domain that
the login answers with. Of a list the client asks for whole objects (`expanded=true`) and every page.
"""

from licsweep.platforms import Command, Platform

_CONFIG = "GET /api/fmc_config/v1/domain/DOMAIN"
_PLATFORM = "GET /api/fmc_platform/v1"
PLATFORM = Platform(
    name="cisco_fmc",
    session="fmc",
    transport="https",
    identity_command=f"{_PLATFORM}/info/serverversion",
    commands=(
        Command(line=f"{_PLATFORM}/info/serverversion"),
        Command(line=f"{_PLATFORM}/license/smartlicenses", required=True),
        Command(line=f"{_CONFIG}/devices/devicerecords", required=True),
        Command(line=f"{_PLATFORM}/license/devicelicenses"),
        Command(line=f"{_CONFIG}/devicehapairs/ftddevicehapairs"),
        Command(line=f"{_CONFIG}/deviceclusters/ftddevicecluster"),
        Command(line=f"{_CONFIG}/integration/fmchastatuses"),
        Command(line="show version"),
    ),
)
