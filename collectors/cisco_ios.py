"""Legacy IOS: `show license all` lists the stores of PAK and RTU licenses, or the smart agent's sections."""

from collectors.base import Platform

PLATFORM = Platform(
    name="cisco_ios",
    commands=("show version", "show license all", "show license udi"),
    required=("show license all",),
)
