"""A sweep of an estate in which one box offers SHA-1 only and is allowed it: prints how that box and its like ended."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import paramiko
import yaml

from licsweep.simulator.estate import SimulatedEstate

with tempfile.TemporaryDirectory() as folder, SimulatedEstate(10, faults={"kex-mismatch": 0.2}) as estate:
    estate.write_project(Path(folder))
    old = [device.name for device in estate.devices if device.fault == "kex-mismatch"]
    path = Path(folder, "inventory", "hosts.yaml")
    hosts = yaml.safe_load(path.read_text())
    hosts[old[0]].setdefault("data", {})["legacy_ssh"] = True
    path.write_text(yaml.safe_dump(hosts))
    secrets = {"LICSWEEP_USERNAME": estate.username, "LICSWEEP_PASSWORD": estate.password}
    program = Path(sys.executable).with_name("licsweep")
    limit = [part for name in old for part in ("--limit", name)]
    done = subprocess.run(
        [program, "sweep", "--project", folder, *limit], env=os.environ | secrets, capture_output=True, text=True
    )
    print(
        json.dumps(
            {
                "paramiko": str(Path(paramiko.__file__).parents[1]),
                "allowed": old[0],
                "refused": old[1],
                "said": done.stderr.splitlines(),
            }
        )
    )
