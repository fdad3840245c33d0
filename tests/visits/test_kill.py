"""kill -9 between any two steps of collecting and of delivering: nothing is lost, nothing is imported twice."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from licsweep.serialization import from_json, to_json
from licsweep.simulator.estate import SimulatedEstate
from licsweep.store import reading
from tests.visits.conftest import Site, states
from tests.visits.killed import Job


def killed(site: Site, verb: str, hosts: tuple[str, ...], kills: Sequence[int]) -> list[int]:
    """At which of these steps a run was killed, up to one that came to its end before."""
    job = Job(
        folder=str(site.folder),
        username=site.estate.username,
        password=site.estate.password,
        verb=verb,
        hosts=hosts,
        kills=tuple(kills),
    )
    command = [sys.executable, "-m", "tests.visits.killed"]
    done = subprocess.run(command, input=to_json(job), capture_output=True, text=True, check=False, timeout=120)
    assert not done.returncode, done.stderr
    assert not done.stderr
    found: list[int] = from_json(done.stdout, list[int])
    return found


@pytest.mark.parametrize(("kind", "steps"), [("slup", range(1, 60)), ("slup-agent5.3", range(2, 60, 4))])
def test_at_every_step_of_one_device(tmp_path: Path, kind: str, steps: range) -> None:
    with SimulatedEstate(devices=8, only=kind) as estate:
        site = Site(estate, tmp_path / "project")
        name = estate.devices[0].name
        site.sweep(name)
        assert killed(site, "collect", (name,), steps)
        site.collect(name)
        with reading(site.project) as store:
            kept = store.courier_ledger().files
        wanted = {report.report_id for file in kept.values() for report in file.reports}
        site.carry()
        assert killed(site, "deliver", (name,), steps)
        assert set(states(site.deliver(name, again=True))) == {"already"}
        ids = {number for _, number in site.cssm.accepted}
        assert ids == wanted
    assert estate.tally.repeated == {}
    assert set(kept) <= set(estate.tally.usage_files[name])
    assert estate.tally.imports == {name: len({one for one in kept})}
