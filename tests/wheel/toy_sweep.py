"""A sweep of simulated toy boxes, one of them found by platform `auto`: prints what becomes of it, as JSON.

Arguments: the folder of the design, and a new folder for the project.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from licsweep.simulator.estate import SimulatedEstate

design, folder = sys.argv[1:]
with SimulatedEstate(3, design=design) as estate:
    Path(folder).mkdir()
    estate.write_project(Path(folder))
    path = Path(folder, "inventory", "hosts.yaml")
    hosts = yaml.safe_load(path.read_text())
    hosts["bench-toy-003"]["platform"] = "auto"
    path.write_text(yaml.safe_dump(hosts))
    environment = os.environ | {"LICSWEEP_USERNAME": estate.username, "LICSWEEP_PASSWORD": estate.password}

    def licsweep(*words: str) -> Any:
        """The data that a verb prints."""
        program = Path(sys.executable).with_name("licsweep")
        command = [str(program), *words, "--project", folder]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=folder)
        if done.returncode:
            sys.exit(done.stderr)
        return json.loads(done.stdout)["data"] if "json" in words else done.stdout

    told = {"planned": licsweep("sweep", "--dry-run", "--format", "json")}
    licsweep("sweep")
    licsweep("entitlements", "import", "entitlements/cssm-licenses.csv")
    told |= {
        "snapshots": licsweep("snapshots", "--format", "json"),
        "shown": [licsweep("show", name, "--format", "json") for name in sorted(hosts)],
        "judged": licsweep("reconcile", "--format", "json"),
        "reported": licsweep("report", "usage", "--format", "json"),
    }
print(json.dumps(told))
