"""IOS XE with the smart agent: one command says all but the release."""

from collectors.base import Platform

PLATFORM = Platform(
    name="cisco_xe",
    commands=("show version", "show license all"),
    required=("show license all",),
)
