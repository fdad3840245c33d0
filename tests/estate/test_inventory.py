"""The inventory: resolution over host, groups and defaults as Nornir does it, and errors with file and line."""

import random
import re
from pathlib import Path

import pytest
import yaml
from nornir.plugins.inventory.simple import SimpleInventory

from licsweep.errors import InputError, InventoryError, UsageError
from licsweep.estate import inventory
from licsweep.estate.selection import Selection, select
from licsweep.estate.simple_inventory import platform_named
from licsweep.settings import Project, load

HOSTS = """acc-01:
  hostname: 192.0.2.1
  groups: [berlin, ios_xe]
  data: {virtual_account: Campus, legacy_ssh: true}
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
EMEA = "[credentials.emea]\n"


def write(folder: Path, hosts: str = HOSTS, groups: str = GROUPS, defaults: str = "data: {region: emea}\n") -> Project:
    (folder / "inventory").mkdir(exist_ok=True)
    for name, text in (("hosts", hosts), ("groups", groups), ("defaults", defaults)):
        (folder / "inventory" / f"{name}.yaml").write_text(text)
    return load(folder, environment={})


def test_everything_is_resolved(tmp_path: Path) -> None:
    first, second = select(inventory.load(write(tmp_path)), Selection())
    assert (first.platform, first.username, first.port) == ("cisco_xe", "reader", 22)
    assert first.data == {
        "virtual_account": "Campus",
        "legacy_ssh": True,
        "site": "berlin",
        "timezone": "Europe/Berlin",
        "region": "emea",
    }
    assert (second.platform, second.username, second.port) == ("cisco_nxos", None, 2222)


def test_resolution_is_nornirs(tmp_path: Path) -> None:
    """Groups of groups, several levels deep, some values null or missing: each host as Nornir resolves it."""
    chance = random.Random(5)

    def entry(groups: list[str]) -> dict[str, object]:
        values = {
            "port": chance.choice([None, 22, 2222]),
            "username": chance.choice([None, "a", "b"]),
            "platform": chance.choice([None, "cisco_xe", "cisco_nxos"]),
            "data": {key: chance.choice([None, 1, "x"]) for key in chance.sample(["site", "k", "z"], 2)},
            "groups": chance.sample(groups, min(len(groups), 3)),
        }
        return {key: value for key, value in values.items() if chance.random() < 0.7}

    groups: dict[str, object] = {}
    for number in range(12):
        groups[f"g{number}"] = entry(list(groups))
    hosts = {f"h{number}": entry(list(groups)) | {"hostname": f"192.0.2.{number}"} for number in range(60)}
    defaults = {"port": 830, "platform": "cisco_asa", "data": {"k": "default"}}
    project = write(tmp_path, yaml.safe_dump(hosts), yaml.safe_dump(groups), yaml.safe_dump(defaults))
    folder = tmp_path / "inventory"
    files = (str(folder / f"{name}.yaml") for name in ("hosts", "groups", "defaults"))
    theirs = SimpleInventory(*files).load().hosts
    ours = inventory.load(project).targets
    assert list(ours) == list(theirs)
    for name, one in ours.items():
        host = theirs[name]
        assert (one.address, one.port, one.username) == (host.hostname, host.port, host.username)
        assert (one.platform, one.data) == (host.platform, host.extended_data())
        assert one.groups == tuple(group.name for group in host.extended_groups())


def test_more_files_of_hosts(tmp_path: Path) -> None:
    project = write(tmp_path)
    more = tmp_path / "inventory" / "hosts.d"
    more.mkdir()
    (more / "paris.yaml").write_text("acc-02: {platform: cisco_xe, groups: [berlin]}\n")
    assert list(inventory.load(project).targets) == ["acc-01", "core-01", "acc-02"]
    (more / "rome.yaml").write_text("# twice\nacc-02: {platform: cisco_xe}\n")
    with pytest.raises(InventoryError) as caught:
        inventory.load(project)
    assert caught.value.what == f"{more / 'rome.yaml'}:2: acc-02: stands in {more / 'paris.yaml'} too"
    (more / "rome.yaml").unlink()
    (tmp_path / "outside.yaml").write_text("acc-03: {platform: cisco_xe}\n")
    (more / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    with pytest.raises(InventoryError, match="a link out of its folder"):
        inventory.load(project)


def test_unmodified_nornir_files(tmp_path: Path) -> None:
    hosts = """acc-01:
    hostname: 192.0.2.1
    username: reader
    platform: ios
    groups: []
    connection_options:
        netmiko: {platform: cisco_ios, extras: {fast_cli: true}}
acc-02: {hostname: 192.0.2.2, port: "2222", platform: nxos_ssh, groups: null, data: null}
fw-01: {platform: asa, groups:  , username: }
leaf-01: {platform: arista_eos}
bastion: {platform: linux, data: {jump_host: true}}
"""
    project = write(tmp_path, hosts, "", "---\n")
    found = inventory.load(project)
    assert {name: target.platform for name, target in found.targets.items()} == {
        "acc-01": "auto",
        "acc-02": "cisco_nxos",
        "fw-01": "cisco_asa",
        "bastion": "",
    }
    assert found.targets["acc-02"].port == 2222
    assert found.left_out == {"leaf-01": "platform arista_eos: there is no reader for it"}
    assert len(found.notes) == 1
    assert "connection_options of 1 entries are not used" in found.notes[0]
    assert [target.name for target in select(found, Selection())] == ["acc-01", "acc-02", "fw-01"]


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("iosxe", "cisco_xe"),
        ("IOS-XE", "cisco_xe"),
        ("nxos", "cisco_nxos"),
        ("cisco.nxos.nxos", "cisco_nxos"),
        ("iosxr", "cisco_xr"),
        ("cisco_ios", "cisco_ios"),
        ("auto", "auto"),
        ("cisco_toaster", None),
    ],
)
def test_platform_names(theirs: str, ours: str | None) -> None:
    assert platform_named(theirs) == ours


@pytest.mark.parametrize(
    ("hosts", "what", "told"),
    [
        ("acc-01:\n  port: many\n", "2: acc-01.port: 'many'", "a whole number is expected"),
        ("acc-01:\n  port: 70000\n", "2: acc-01.port: 70000", "1 to 65535 is expected"),
        ("acc-01:\n  port: -1\n", "2: acc-01.port: -1", "1 to 65535 is expected"),
        ("acc-01:\n  groups: [nowhere]\n", "2: acc-01.groups: no such group: nowhere", "known are: berlin, ios_xe"),
        ("acc-01:\n  groups: berlin\n", "2: acc-01.groups: 'berlin'", "a list is expected"),
        ("acc-01:\n  platform: cisco_nxs\n", "2: acc-01.platform: no such platform: cisco_nxs", "mean cisco_nxos?"),
        ("acc-01:\n  platfrom: x\n", "2: acc-01.platfrom: no such key", "did you mean platform?"),
        ("acc-01: [\n", "2: not valid YAML", "a bracket, a quote or an indentation"),
        ("- acc-01\n", "1: the whole file: must be keys with values", ""),
        ("acc-01: x\n", "1: acc-01: must be keys with values", ""),
        ("acc-01:\n  port: 22\nacc-01:\n  port: 23\n", "3: acc-01: stands there twice", ""),
        ("a: {}\n1001:\n  port: 22\n", "2: 1001: YAML does not read this name as text", 'in quotes: "1001":'),
        ("a: {}\nno:\n  port: 22\n", "2: no: YAML does not read this name as text", 'in quotes: "no":'),
        ("a:\n  hostname: 192.0.2.1/24\n", "2: a.hostname: 192.0.2.1/24", "write 192.0.2.1"),
        ("a:\n  hostname: '[2001:db8::1]'\n", "2: a.hostname: [2001:db8::1]", "write 2001:db8::1"),
        ("a:\n  hostname: [2001:db8::1]\n", "2: a.hostname: ['2001:db8::1']", "an address no brackets"),
        ("a:\n  hostname: 192.0.2.300\n", "2: a.hostname: 192.0.2.300", "a host name or an address"),
        ("a:\n  hostname: sw1:22x\n", "2: a.hostname: sw1:22x", "a host name or an address"),
        ("a:\n  hostname: sw1:2222\n", "2: a.hostname: sw1:2222", "write sw1, and port: 2222 on a line of its own"),
        (
            "a:\n  data:\n    timezone: Europe/Berlni\n",
            "3: a.data.timezone: no such time zone: Europe/Berlni",
            "Europe/Berlin?",
        ),
        (
            "a:\n  data: {jump: bastoin}\nbastion: {}\n",
            "2: a.data.jump: no such jump host: bastoin",
            "did you mean bastion?",
        ),
        ("a:\n  data: {timezone: [x]}\n", "2: a.data.timezone: no such time zone: ['x']", ""),
        ("a:\n  data: {credentials: [x]}\n", "2: a.data.credentials: no such credential set: ['x']", ""),
        ("a:\n  data: {jump: a}\n", "2: a.data.jump: a is reached through itself", ""),
        (
            "a:\n  data: {credentials: apac}\n",
            "2: a.data.credentials: no such credential set: apac",
            "[credentials.apac]",
        ),
        ("a:\n  data: {note: {password: x}}\n", "2: a.data: passwords are not allowed", "LICSWEEP_PASSWORD"),
        ("a:\n  connection_options: {x: {extras: {secret: x}}}\n", "2: a.connection_options: passwords", ""),
    ],
)
def test_errors_name_file_and_line(tmp_path: Path, hosts: str, what: str, told: str) -> None:
    with pytest.raises(InventoryError) as caught:
        inventory.load(write(tmp_path, hosts))
    assert caught.value.what.startswith(f"{tmp_path / 'inventory' / 'hosts.yaml'}:{what}")
    assert told in f"{caught.value.why} {caught.value.hint}"


@pytest.mark.parametrize(
    ("groups", "defaults", "told"),
    [
        ("a:\n  groups: [b]\nb:\n  groups: [a]\n", "", r"groups.yaml:\d: .\.groups: groups that hold each other"),
        ("a:\n  platform: cisco_xee\n", "", "groups.yaml:2: a.platform: no such platform"),
        ("", "platform: cisco_xee\n", "defaults.yaml:1: platform: no such platform"),
        ("", "port: 22\ndata:\n  timezone: Mars\n", "defaults.yaml:3: data.timezone: no such time zone: Mars"),
        ("", "password: cisco\n", "defaults.yaml:1: password: passwords are not allowed"),
    ],
)
def test_groups_and_defaults_are_checked(tmp_path: Path, groups: str, defaults: str, told: str) -> None:
    with pytest.raises(InventoryError, match=told):
        inventory.load(write(tmp_path, "a: {platform: cisco_xe}\n", groups, defaults))


def test_a_password_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(InventoryError) as caught:
        inventory.load(write(tmp_path, "acc-01:\n  password: cisco\n"))
    assert caught.value.what.endswith("hosts.yaml:2: acc-01.password: passwords are not allowed in inventory files")
    assert "LICSWEEP_PASSWORD" in caught.value.hint
    assert "cisco" not in f"{caught.value.what}{caught.value.why}{caught.value.hint}"


def test_sources_are_named(tmp_path: Path) -> None:
    project = write(tmp_path)
    (tmp_path / "licsweep.toml").write_text('[inventory]\nsource = "filse"\n')
    with pytest.raises(InputError) as caught:
        inventory.load(load(tmp_path, environment={}))
    assert caught.value.what.endswith("licsweep.toml:2: no such inventory source: filse")
    assert caught.value.why == "did you mean files?"
    (tmp_path / "licsweep.toml").write_text('[inventory]\nsource = "files"\nfoldr = "x"\n')
    with pytest.raises(InputError, match=r"licsweep.toml:3: inventory.foldr: no such key"):
        inventory.load(load(tmp_path, environment={}))
    (tmp_path / "licsweep.toml").write_text('[inventory]\nfolder = "elsewhere"\n')
    assert inventory.find(load(tmp_path, environment={})) is None
    assert inventory.find(project) is not None


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
        ((), ("legacy_ssh=true",), ["acc-01"]),
        ((), ("credentials=default",), ["acc-01", "core-01"]),
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


@pytest.mark.parametrize(
    ("selection", "why"),
    [
        (Selection(limit=("x*",)), "the inventory has 2 hosts"),
        (Selection(filters=("site=paris",)), "the inventory has 2 hosts"),
        (Selection(limit=("acc-1",)), "acc-1: did you mean acc-01?"),
        (Selection(limit=("leaf-01",)), "leaf-01 is left out: platform arista_eos"),
    ],
)
def test_nothing_selected_is_an_error(tmp_path: Path, selection: Selection, why: str) -> None:
    with pytest.raises(UsageError, match="no host is selected") as caught:
        select(inventory.load(write(tmp_path, f"{HOSTS}leaf-01: {{platform: arista_eos}}\n")), selection)
    assert why in caught.value.why


FMC = "fmc-01:\n  platform: cisco_fmc\n  groups: [managers]\n  data: {https_port: 8443, https_pin: '%s'}\n"
MANAGERS = "managers:\n  data: {https_ca: ca.pem, ssh_credentials: emea}\n"
PIN = ":".join(["AB"] * 32)


def test_what_https_needs_stands_at_host_and_group(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    (tmp_path / "licsweep.toml").write_text(EMEA)
    (target,) = select(inventory.load(write(tmp_path, FMC % PIN, MANAGERS)), Selection())
    assert (target.https_port, target.https_ca, target.https_pin) == (8443, "ca.pem", "ab" * 32)
    assert list(target.ways().items()) == [("https", "default"), ("ssh", "emea")]
    assert (target.port_of("https"), target.port_of("ssh")) == (8443, 22)


def test_a_second_way_is_there_only_where_a_set_is_named_for_it(tmp_path: Path) -> None:
    (tmp_path / "licsweep.toml").write_text(EMEA)
    hosts = "a: {platform: cisco_fmc}\nb: {platform: cisco_cucm, data: {credentials: emea}}\n"
    hosts += "c: {platform: cisco_cucm, data: {https_credentials: emea}}\n"
    ways = [target.ways() for target in select(inventory.load(write(tmp_path, hosts, "")), Selection())]
    assert ways == [{"https": "default"}, {"ssh": "emea"}, {"ssh": "default", "https": "emea"}]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("{https_port: '443'}", "data.https_port: '443'"),
        ("{https_port: 70000}", "data.https_port: 70000"),
        ("{https_ca: none.pem}", "data.https_ca: no such file: none.pem"),
        ("{https_pin: abc}", "data.https_pin: 'abc'"),
        ("{https_credentials: paris}", "data.https_credentials: no such credential set: paris"),
    ],
)
def test_what_https_needs_is_checked(tmp_path: Path, data: str, told: str) -> None:
    with pytest.raises(InventoryError, match=re.escape(told)):
        inventory.load(write(tmp_path, f"fmc-01:\n  platform: cisco_fmc\n  data: {data}\n"))


def test_a_proxy_has_no_user(tmp_path: Path) -> None:
    assert load(tmp_path, environment={"LICSWEEP_HTTPS_PROXY": "http://proxy.example.net:8080"})
    with pytest.raises(InputError, match="https_proxy: not a proxy"):
        load(tmp_path, environment={"LICSWEEP_HTTPS_PROXY": "http://me:word@proxy.example.net:8080"})
