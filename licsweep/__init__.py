"""licsweep: what licenses do our Cisco boxes really use, what did we buy, and who is late with a report.

`open_project` is the way in for scripts (docs/python-api.md); everything in `__all__` is public and loaded when used.
"""

from typing import TYPE_CHECKING

from licsweep.late import homes
from licsweep.version import VERSION

if TYPE_CHECKING:
    from licsweep.api import Project, open_project
    from licsweep.errors import LicsweepError
    from licsweep.model import Capture, HostState, LicenseUse, Observation, Outcome, Snapshot
    from licsweep.position_types import Entitlement, Finding, Judgement, JudgementResult, Pool

__version__ = VERSION
__all__ = [
    "Capture",
    "Entitlement",
    "Finding",
    "HostState",
    "Judgement",
    "JudgementResult",
    "LicenseUse",
    "LicsweepError",
    "Observation",
    "Outcome",
    "Pool",
    "Project",
    "Snapshot",
    "__version__",
    "open_project",
]
__getattr__ = homes(
    __name__,
    {
        "api": ("Project", "open_project"),
        "errors": ("LicsweepError",),
        "model": ("Capture", "HostState", "LicenseUse", "Observation", "Outcome", "Snapshot"),
        "position_types": ("Entitlement", "Finding", "Judgement", "JudgementResult", "Pool"),
    },
)
