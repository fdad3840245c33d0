"""The rows of the fault matrix, as they stand in the two files, and as the table of docs/reliability.md."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from licsweep.serialization import load_yaml_file
from licsweep.simulator.faults import load_faults

SIMULATED = "tests/faults/test_matrix.py::test_a_sweep_of_sick_devices"
MANAGERS = "tests/faults/test_managers.py::test_a_sweep_of_sick_managers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A fault, what must happen, how the host or the run ends, within what, and which test plays it."""

    does: str
    must: str
    outcome: str
    within: str
    test: str = SIMULATED


def rows() -> dict[str, Row]:
    """Every row by its name, the simulated ones first."""
    simulated = {
        name: Row(
            does=kind.does,
            must=kind.must,
            outcome=" or ".join(dict.fromkeys(filter(None, (kind.outcome, kind.or_, *kind.others.values())))),
            within=kind.within,
            test=SIMULATED if "ssh" in kind.over else MANAGERS,
        )
        for name, kind in load_faults().items()
    }
    others: dict[str, Row] = load_yaml_file(Path(__file__).with_name("elsewhere.yaml"), dict[str, Row])
    return simulated | others


def table() -> str:
    """The rows as a Markdown table."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "| fault | what goes wrong | what must happen | within | ends as | test |"
    yield "|---|---|---|---|---|---|"
    for name, row in rows().items():
        file, _, test = row.test.partition("::")
        where = "" if row.test == SIMULATED else f"`{file}` {test}"
        yield f"| {name} | {row.does} | {row.must} | {row.within} | {row.outcome} | {where} |"


if __name__ == "__main__":
    print(table(), end="")
