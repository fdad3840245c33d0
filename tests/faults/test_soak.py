"""The soak in small; `make soak` is the large one."""

from pathlib import Path

from tests.faults.soak import soak

DEVICES = 100


def test_a_sweep_survives_sigkill(tmp_path: Path) -> None:
    done = soak(tmp_path, DEVICES, kills=1, seed=7, command_timeout=10, processes=(4,))
    assert done.lost == ()
    assert 0 < done.kept[0] < DEVICES
    assert done.counts.total() == DEVICES
    assert done.wrong == ()
