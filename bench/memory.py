"""Peak memory of a sweep of N hosts that all refuse: what each host costs whatever its device. COUNT."""

import os
import socket
import sys
import tempfile
from pathlib import Path

import yaml
from measure import measure

from licsweep.estate import credentials as creds
from licsweep.estate.selection import Selection
from licsweep.jobs import sweep
from licsweep.settings import DEFAULT_SET, CredentialSet, load


def main(count: int) -> None:
    os.environ |= {"LICSWEEP_USERNAME": "reader", "LICSWEEP_PASSWORD": "not-used"}
    with socket.socket() as closed, tempfile.TemporaryDirectory() as folder:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        (Path(folder) / "inventory").mkdir()
        hosts = {
            f"acc-{n:05d}": {
                "hostname": "127.0.0.1",
                "port": port,
                "platform": "cisco_xe",
                "data": {"site": f"s{n % 50}"},
            }
            for n in range(count)
        }
        (Path(folder) / "inventory" / "hosts.yaml").write_text(yaml.safe_dump(hosts))
        project = load(
            Path(folder),
            {"workers": 50, "processes": 1, "retries": 0, "start_jitter": 0.0, "slow_start": 0, "max_per_site": 0},
        )
        request = sweep.SweepRequest(selection=Selection())
        credentials = {DEFAULT_SET: creds.find(CredentialSet())}

        def work() -> int:
            plan = sweep.make_plan(project, request, credentials)
            done = sweep.sweep(project, request, plan=plan, progress=lambda _: None, selected=lambda _: None)
            return done.counts["unreachable"]

        measure(count, work)


if __name__ == "__main__":
    main(int(sys.argv[1]))
