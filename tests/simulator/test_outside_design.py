"""A design from outside: any platform is played from its kind of session and a folder of outputs."""

from pathlib import Path

import pytest
import yaml

from licsweep.access.hostkeys import KnownHosts
from licsweep.access.login import Limits, Login
from licsweep.access.session import conversation
from licsweep.errors import LicsweepError
from licsweep.platforms import get
from licsweep.simulator.estate import SimulatedEstate

DESIGN = Path(__file__).with_name("two_boxes")
LINES = "".join(f"line {number}\n" for number in range(60))


def test_a_platform_that_our_design_does_not_know(tmp_path: Path) -> None:
    with SimulatedEstate(2, design=str(DESIGN), faults={"pager-ignored": 0.5}) as estate:
        estate.write_project(tmp_path)
        known = KnownHosts(tmp_path / "known_hosts")
        for device in estate.devices:
            login = Login(address=device.host, port=device.port, username="visitor", password=estate.password)
            session = conversation(login, get(device.platform), known, Limits(connect=5, command=5, device=10))
            session.open()
            texts = [answer.text for answer in session.answers(["show version", "show license all"])]
            session.close()
            assert texts == [f"Version of {device.name}\n", LINES]
    assert {device.platform for device in estate.devices} == {"cisco_asa", "cisco_xr"}
    assert list(yaml.safe_load((tmp_path / "inventory" / "groups.yaml").read_text())) == [
        "cisco_asa",
        "lab",
        "cisco_xr",
    ]
    assert "ASAv5 Standard" in (tmp_path / "entitlements" / "cssm-licenses.csv").read_text()


def test_a_design_of_an_unknown_platform_is_said(tmp_path: Path) -> None:
    text = (DESIGN / "estate.yaml").read_text().replace("cisco_asa", "nobody_knows_it")
    (tmp_path / "estate.yaml").write_text(text)
    with pytest.raises(LicsweepError) as caught, SimulatedEstate(2, design=str(tmp_path)):
        pass
    assert "nobody_knows_it" in (caught.value.why or "")
