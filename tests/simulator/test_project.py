"""The project that an estate writes: Nornir reads its inventory, and its entitlements tell their stories."""

import csv
import math
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

import pytest
from nornir import InitNornir

from licsweep.simulator.design import load_design, plan
from licsweep.simulator.estate import SimulatedEstate
from licsweep.simulator.project import write_project

DESIGN = load_design()
TODAY = date.today()


def test_nornir_reads_the_inventory(estate: SimulatedEstate, project: Path) -> None:
    folder = project / "inventory"
    nornir = InitNornir(
        inventory={
            "plugin": "SimpleInventory",
            "options": {f"{part}_file": str(folder / f"{part.removesuffix('s')}s.yaml") for part in ("host", "group")}
            | {"defaults_file": str(folder / "defaults.yaml")},
        },
        logging={"enabled": False},
    )
    for device in estate.devices:
        host = nornir.inventory.hosts[device.name]
        assert (host.hostname, host.port, host.platform) == (device.host, device.port, device.platform)
        assert host["site"] == device.site
        assert (host["virtual_account"], host["timezone"]) == (device.virtual_account, device.timezone)
        assert (host.username, host.password) == (None, None)
    assert len(nornir.inventory.hosts) == len(estate.devices)


def test_known_hosts_names_every_port(estate: SimulatedEstate, project: Path) -> None:
    lines = (project / "known_hosts").read_text().splitlines()
    for device, line in zip(estate.devices, lines, strict=True):
        assert line.split()[:2] == [f"[127.0.0.1]:{device.port}", "ssh-ed25519"]
    assert len({line.split()[2] for line in lines}) == 2, "one key for all, another for the changed one"


def pools(directory: Path) -> dict[tuple[str, str], list[dict[str, str]]]:
    with (directory / "entitlements" / "cssm-licenses.csv").open() as table:
        rows = list(csv.DictReader(table))
    by_pool = defaultdict(list)
    for row in rows:
        by_pool[row["Virtual Account"], row["License"]].append(row)
    return by_pool


def in_force(row: dict[str, str], day: date = TODAY) -> bool:
    return row["Start Date"] <= day.isoformat() and (not row["End Date"] or day.isoformat() <= row["End Date"])


def balance(rows: list[dict[str, str]]) -> int:
    owned = sum(int(row["Quantity"]) for row in rows if row["License Type"] != "DEMO" and in_force(row))
    return owned - int(rows[0]["In Use"])


@pytest.mark.parametrize("devices", [8, 60, 200])
def test_the_entitlements_show_every_story_at_every_size(tmp_path: Path, devices: int) -> None:
    write_project(tmp_path, plan(DESIGN, devices, seed=1))
    by_pool = pools(tmp_path)
    short = by_pool["Campus", "C9300 Network Advantage"]
    assert balance(short) < 0
    tight = by_pool["Data Centre", "C9300 Network Advantage"]
    assert 0 <= balance(tight) < math.ceil(int(tight[0]["In Use"]) / 10)
    unused = by_pool["Branches", "LAN_ENTERPRISE_SERVICES_PKG"]
    assert (int(unused[0]["In Use"]), balance(unused)) == (0, 12)
    horizon = TODAY + timedelta(days=90)
    ending = [row for row in by_pool["Campus", "C9300 DNA Advantage"] if in_force(row) and not in_force(row, horizon)]
    assert len(ending) == 1
    assert [row["License Type"] for row in by_pool["Branches", "C9300 48P DNA Advantage"]] == ["DEMO", "TERM"]
    assert [in_force(row) for row in by_pool["Data Centre", "C9300 DNA Advantage"]] == [False, True]
    lacking = [key for key, rows in by_pool.items() if balance(rows) < 0]
    covered = [("Data Centre", "UC Manager Enhanced License (12.x)")]  # a higher tier lends
    assert lacking == [("Campus", "C9300 Network Advantage"), *(covered if devices > 8 else [])]
    assert all(int(row["Quantity"]) > 0 for rows in by_pool.values() for row in rows)


def test_in_use_counts_what_the_working_devices_print(tmp_path: Path) -> None:
    planned = [device for device in plan(DESIGN, 60, seed=1) if device.kind in ("stack", "evaluation", "unreachable")]
    write_project(tmp_path, planned)
    in_use = {key: int(rows[0]["In Use"]) for key, rows in pools(tmp_path).items()}
    stacks = sum(device.kind == "stack" for device in planned)
    assert sum(count for (_, name), count in in_use.items() if name == "C9300 48P NW Advantage") == 2 * stacks
    assert sum(count for (_, name), count in in_use.items() if name == "C9300 Network Advantage") == stacks
