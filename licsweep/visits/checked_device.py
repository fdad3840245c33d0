"""What `courier check` says of a device; no device library is needed to print it."""

from licsweep.model import Record
from licsweep.serialization import yaml_table


class Failing(Record):
    """What a device lacks, what that prevents, and the lines that a person enters; the courier never does."""

    lacks: str
    enter: tuple[str, ...]


class CheckedDevice(Record):
    """What was found on a device. `ready` is None where nobody could look, and `why` says why."""

    hostname: str
    ready: bool | None = None
    lacks: tuple[str, ...] = ()
    enter: tuple[str, ...] = ()
    free_bytes: int | None = None
    verifies: bool | None = None
    rum_forms: tuple[str, ...] = ()
    why: str | None = None


failing = yaml_table(__file__, "checks.yaml", dict[str, Failing])
