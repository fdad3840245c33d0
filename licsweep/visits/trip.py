"""What a visit needs: who is visited, as whom, what is known of them, where things are kept and written down."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from licsweep.courier.contents import Contents
from licsweep.courier.devices import Devices
from licsweep.settings import Project
from licsweep.sweep.plan import SweepPlan
from licsweep.visits.audit import Audit


@dataclass(frozen=True, kw_only=True)
class Trip:
    """The hosts of the `plan` are visited `by` a person; `left_out` are the other selected ones, with the reason."""

    project: Project
    plan: SweepPlan
    devices: Devices
    left_out: Mapping[str, str]
    by: str

    @cached_property
    def audit(self) -> Audit:
        """The log of what is sent."""
        return Audit(self.project.folder, self.by)

    @cached_property
    def contents(self) -> Contents:
        """The bytes of files, by hash."""
        return Contents(self.project.folder)
