"""ASA: smart agents 1.6 to 4.9 say it all; a box with activation keys knows no `show license all`, and its
`show version` lists the features of the key.
"""

from collectors.base import Platform

PLATFORM = Platform(
    name="cisco_asa",
    commands=("show version", "show license all"),
    required=("show license all",),
)
