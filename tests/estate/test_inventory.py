"""The inventory: resolution over host, groups and defaults, and errors with file and line."""

from pathlib import Path

import pytest

from licsweep.errors import InventoryError, UsageError
from licsweep.estate import inventory
from licsweep.estate.selection import Selection, select

HOSTS = """acc-01:
  hostname: 192.0.2.1
  groups: [berlin, ios_xe]
  data: {virtual_account: Campus}
core-01:
  hostname: 192.0.2.2
  port: 2222
  platform: cisco_nxos
  groups: [berlin]
"""
GROUPS = """ios_xe:
  platform: cisco_xe
  username: reader
berlin:
  data: {site: berlin, timezone: Europe/Berlin}
"""


def write(folder: Path, hosts: str = HOSTS, groups: str = GROUPS, defaults: str = "data: {region: emea}\n") -> Path:
    (folder / "hosts.yaml").write_text(hosts)
    (folder / "groups.yaml").write_text(groups)
    (folder / "defaults.yaml").write_text(defaults)
    return folder


def test_everything_is_resolved(tmp_path: Path) -> None:
    first, second = select(inventory.load(write(tmp_path)), Selection())
    assert (first.platform, first.username, first.port) == ("cisco_xe", "reader", 22)
    assert first.data == {
        "virtual_account": "Campus",
        "site": "berlin",
        "timezone": "Europe/Berlin",
        "region": "emea",
    }
    assert (second.platform, second.username, second.port) == ("cisco_nxos", None, 2222)


@pytest.mark.parametrize(
    ("hosts", "told"),
    [
        ("acc-01:\n  hostname: 192.0.2.1\n  password: cisco\n", "hosts.yaml:3"),
        ("acc-01:\n  hostname: 192.0.2.1\n  port: many\n", "hosts.yaml:3"),
        ("acc-01:\n  groups: [nowhere]\n", "no such group: nowhere"),
        ("acc-01:\n  platform: cisco_toaster\n", "hosts.yaml:1: acc-01: no such platform"),
        ("acc-01: [\n", "hosts.yaml:2: not valid YAML"),
        ("acc-01:\n  port: 22\nacc-01:\n  port: 23\n", "hosts.yaml:3: acc-01: stands there twice"),
        ("acc-01:\n  connection_options: {}\n", "hosts.yaml:2"),
    ],
)
def test_errors_name_file_and_line(tmp_path: Path, hosts: str, told: str) -> None:
    with pytest.raises(InventoryError, match=told.replace(".", r"\.")):
        inventory.load(write(tmp_path, hosts))


def test_a_password_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(InventoryError) as caught:
        inventory.load(write(tmp_path, "acc-01:\n  password: cisco\n"))
    assert "LICSWEEP_PASSWORD" in caught.value.hint
    assert "cisco" not in f"{caught.value.what}{caught.value.why}{caught.value.hint}"


def test_a_host_without_platform_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InventoryError, match="acc-01: no platform"):
        select(inventory.load(write(tmp_path, "acc-01:\n  hostname: 192.0.2.1\n")), Selection())


@pytest.mark.parametrize(
    ("limit", "filters", "names"),
    [
        (("acc-*",), (), ["acc-01"]),
        ((), ("platform=cisco_nxos",), ["core-01"]),
        ((), ("group=berlin",), ["acc-01", "core-01"]),
        ((), ("site=berlin", "virtual_account=Campus"), ["acc-01"]),
        (("core-01", "acc-01"), (), ["acc-01", "core-01"]),
    ],
)
def test_selection(tmp_path: Path, limit: tuple[str, ...], filters: tuple[str, ...], names: list[str]) -> None:
    found = select(inventory.load(write(tmp_path)), Selection(limit=limit, filters=filters))
    assert [target.name for target in found] == names


def test_limit_from_a_file(tmp_path: Path) -> None:
    names = tmp_path / "names"
    names.write_text("# these\ncore-01\n")
    found = select(inventory.load(write(tmp_path)), Selection(limit=(f"@{names}",)))
    assert [target.name for target in found] == ["core-01"]


@pytest.mark.parametrize("selection", [Selection(limit=("x*",)), Selection(filters=("site=paris",))])
def test_nothing_selected_is_an_error(tmp_path: Path, selection: Selection) -> None:
    with pytest.raises(UsageError, match="no host is selected"):
        select(inventory.load(write(tmp_path)), selection)
