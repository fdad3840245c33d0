"""What the products on VOS have in common: their CLI is one, only what they answer over HTTPS differs."""

from licsweep.platforms import Command, Platform

FIRST_WITH_SMART_LICENSING = "12.0"


def record(name: str, request: str) -> Platform:
    """The record of a product on VOS; `request` is what asks its licenses over HTTPS."""
    return Platform(
        name=name,
        session="vos",
        identity_command="show version active",
        commands=(
            Command(line="show version active"),
            Command(line="show status"),
            Command(line="show license all", required=True),
            Command(line="show network cluster", required=True),
            Command(line=request),
        ),
        may_send=("show license status", "show license summary", "show license usage", "show license UDI"),
        lockout_after=3,
        local_accounts=True,
        supported_from=FIRST_WITH_SMART_LICENSING,
    )
