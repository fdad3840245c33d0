"""Unity Connection 12.0 on (VOS): as CUCM; its REST interface says the same where https is given."""

from licsweep.platforms import Command, Platform

PLATFORM = Platform(
    name="cisco_cuc",
    session="vos",
    identity_command="show version active",
    commands=(
        Command(line="show version active"),
        Command(line="show status"),
        Command(line="show license all", required=True),
        Command(line="show network cluster", required=True),
    ),
    may_send=(
        "show license status",
        "show license summary",
        "show license usage",
        "show license UDI",
        "GET /vmrest/smartlicense/licensedetails",
    ),
    lockout_after=3,
    local_accounts=True,
)
