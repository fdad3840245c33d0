"""IOS XR 7 on: the smart agent's sections. `show license platform` counts by area what `all` counts by tag."""

from collectors.base import Platform

PLATFORM = Platform(
    name="cisco_xr",
    commands=("show version", "show license all"),
    required=("show license all",),
)
