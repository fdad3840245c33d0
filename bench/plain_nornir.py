"""The plain script that a network engineer writes: Nornir's threads and nornir_netmiko's task. PROJECT WORKERS [swept].

`swept`: the commands of a sweep, in place of the five of `make bench`.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from measure import COMMANDS, SWEPT, credentials, measure
from nornir import InitNornir
from nornir.core.task import Result, Task
from nornir_netmiko import netmiko_send_command


def collect(task: Task, commands: Sequence[str]) -> Result:
    for command in commands:
        task.run(netmiko_send_command, command_string=command)
    task.host.close_connection("netmiko")
    return Result(host=task.host)


def main(project: Path, workers: int, commands: Sequence[str]) -> None:
    folder = project / "inventory"
    nornir = InitNornir(
        inventory={
            "plugin": "SimpleInventory",
            "options": {
                "host_file": str(folder / "hosts.yaml"),
                "group_file": str(folder / "groups.yaml"),
                "defaults_file": str(folder / "defaults.yaml"),
            },
        },
        runner={"plugin": "threaded", "options": {"num_workers": workers}},
        logging={"enabled": False},
    )
    nornir.inventory.defaults.username, nornir.inventory.defaults.password = credentials()

    def work() -> int:
        results = nornir.run(task=collect, commands=commands)
        return len(results) - len(results.failed_hosts)

    measure(len(nornir.inventory.hosts), work)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), SWEPT if sys.argv[3:] else COMMANDS)
