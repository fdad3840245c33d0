"""Inventory sources beside Nornir's files: what each gives, what it leaves out with which reason, what is refused."""

import json
import os
import random
import re
from pathlib import Path

import pytest
from paramiko import SSHConfig

from licsweep.errors import InputError, InventoryError, LicsweepError, MissingExtra, UsageError
from licsweep.estate import ansible_source, inventory, ssh_config
from licsweep.estate.inventory import Inventory
from licsweep.jobs.init import write_project
from licsweep.settings import load


def given(folder: Path, settings: str, **files: str) -> Inventory:
    """The inventory of a project with these settings and files (`defaults` is inventory/defaults.yaml)."""
    (folder / "inventory").mkdir(exist_ok=True)
    (folder / "licsweep.toml").write_text(f"[inventory]\n{settings}")
    for name, text in files.items():
        yaml = name in ("hosts", "groups", "defaults")
        (folder / (f"inventory/{name}.yaml" if yaml else name)).write_text(text)
    return inventory.load(load(folder, environment={}))


CSV = 'source = "csv"\nfile = "list"\n'
AUTO = "platform: auto\n"
MIXED = """Hostname;Mgmt IP;OS;Site;Status;SNMP Community;jump;Rack
sw-1;192.0.2.1/24;Catalyst 9K;berlin;Active;public;bastion;R1
sw-2;192.0.2.2;ios;berlin;planned;;;
sw-3;;nxos;berlin;Active;;;
sw-4;192.0.2.300;nxos;berlin;Active;;;
sw-5;192.0.2.5;toaster;berlin;Active;;;
sw-6;192.0.2.6;linux;berlin;Active;;;
sw-7;192.0.2.7;;berlin;Active;;;
sw-8;192.0.2.8;nxos;berlin;Active;;nobody;
sw\u202e9;192.0.2.9;nxos;berlin;Active;;;
sw-2;192.0.2.10;nxos;berlin;retired;;;
"""


def test_csv_hosts_and_those_left_out(tmp_path: Path) -> None:
    table = '[inventory.platforms]\n"Catalyst 9K" = "cisco_xe"\n[inventory.map]\nvirtual_account = "Site"\n'
    bastion = "bastion: {data: {jump_host: true}}\n"
    found = given(tmp_path, CSV + table, list=MIXED, hosts=bastion, defaults="data: {aaa_group: emea}\n")
    first = found.targets["sw-1"]
    assert (first.address, first.platform, first.jump, first.aaa_group) == (
        "192.0.2.1", "cisco_xe", ("bastion",), "emea",
    )  # fmt: skip
    assert dict(first.data) == {
        "site": "berlin", "virtual_account": "berlin", "rack": "R1", "jump": ["bastion"], "aaa_group": "emea",
    }  # fmt: skip
    assert set(found.targets) == {"bastion", "sw-1"}
    row = f"{tmp_path / 'list'}: row"
    assert found.left_out == {
        "sw-2": "status planned",
        "sw-3": "no address (Mgmt IP)",
        "sw-4": f"{row} 5: hostname: 192.0.2.300: a host name or an address is expected",
        "sw-5": "platform toaster: unknown; add it to [inventory.platforms] of licsweep.toml",
        "sw-6": "platform linux: there is no reader for it",
        "sw-7": "no platform in csv, groups.yaml or defaults.yaml",
        "sw-8": f"{row} 9: data.jump: no such jump host: nobody: " + found.left_out["sw-8"].rpartition("nobody: ")[2],
        f"sw-2 ({row} 11)": "status retired",
        "sw\ufffd9": "its name is too long or holds what can't be shown",
    }
    assert [note for note in found.notes if "SNMP Community: a secret is not taken" in note]
    assert "public" not in repr(found)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("ipaddr,username,password\n192.0.2.10,admin,cisco\n", {"192.0.2.10": ("192.0.2.10", "admin")}),
        ("Name,Status,Site,IP Address\nsw-1,Active,Berlin,192.0.2.30/24\n", {"sw-1": ("192.0.2.30", None)}),
        ("name\thostname\nsw-1\tsw-1.example.net\n", {"sw-1": ("sw-1.example.net", None)}),
        ("name,ip,ip\nsw-1,192.0.2.1,192.0.2.2\n", {"sw-1": ("192.0.2.1", None)}),
        ("\ufeffhost\nsw-1\n", {"sw-1": ("sw-1", None)}),
    ],
)
def test_csv_as_it_is_met(tmp_path: Path, text: str, names: dict[str, tuple[str, str | None]]) -> None:
    found = given(tmp_path, CSV, list=text, defaults=AUTO)
    assert {name: (one.address, one.username) for name, one in found.targets.items()} == names


@pytest.mark.parametrize(
    ("settings", "text", "error", "told"),
    [
        (CSV, "a,b\n1,2\n", InventoryError, "no column of names or addresses"),
        (CSV, "", InventoryError, "no column of names or addresses"),
        (CSV, "name\n", InventoryError, "the source csv gives no host"),
        (CSV, "name,ip\nsw-1,192.0.2.1\n\nsw-1,192.0.2.2\n", InventoryError, "row 4: sw-1: stands at .*row 2 too"),
        (CSV, "name,ip\nsw-1\n", InputError, "row 2: has 1 cells, the heading has 2"),
        (CSV, 'name,ip\n"sw-1,192.0.2.1\n', InputError, "not whole CSV"),
        (CSV, f"name,ip,note\nsw-1,192.0.2.1,{'x' * 140_000}\n", InputError, "a cell has more than 131,072 characters"),
        (CSV, "name\nbastion\n", InventoryError, "bastion: stands in hosts.yaml too"),
        ('source = "csv"\n', "name\n", InputError, "licsweep.toml:1: inventory.file is missing"),
        (CSV + "fiel = 1\n", "name\n", InputError, "licsweep.toml:4: inventory.fiel: no such key"),
        (CSV + "map = 1\n", "name\n", InputError, "licsweep.toml:4: inventory.map = 1"),
        (CSV + "map = {password = 'x'}\n", "name\n", InputError, "map.password: a secret is never taken"),
        (CSV + "map = {note = 'Password'}\n", "name\n", InputError, "map.note: a secret is never taken"),
        (CSV + "platforms = {x = 'cisco_x'}\n", "name\n", InputError, "platforms.x: no such platform: cisco_x"),
    ],
)
def test_what_is_wrong_as_a_whole_stops(
    tmp_path: Path, settings: str, text: str, error: type[LicsweepError], told: str
) -> None:
    with pytest.raises(error, match=told):
        given(tmp_path, settings, list=text, hosts="bastion: {data: {jump_host: true}}\n", defaults=AUTO)


SSH_CONFIG = """Include ~/more
CanonicalizeHostname yes
Host bastion
  HostName 192.0.2.5
  User noc
  ProxyJump outer:2022
Match host sw-2 exec "touch {ran}"
  Port 1
Host sw-*
  ProxyJump jo@bastion,inner
  Port 2222
Host sw-1 sw-2
  HostName %h.example.net
Host old
  ProxyCommand ssh -W %h:%p gone
Host direct
  ProxyJump none
"""


def test_ssh_config_gives_hosts_and_jump_hosts_and_runs_nothing(tmp_path: Path) -> None:
    text = SSH_CONFIG.format(ran=tmp_path / "ran")
    found = given(tmp_path, 'source = "ssh_config"\nfile = "config"\n', config=text, defaults=AUTO)
    swept = {name: one for name, one in found.targets.items() if not one.is_jump_host}
    assert {name: (one.address, one.port, one.jump) for name, one in swept.items()} == {
        "bastion": ("192.0.2.5", 22, ("outer:2022",)),
        "sw-1": ("sw-1.example.net", 2222, ("outer:2022", "jo@bastion", "inner")),
        "sw-2": ("sw-2.example.net", 2222, ("outer:2022", "jo@bastion", "inner")),
        "old": ("old", 22, ()),
        "direct": ("direct", 22, ()),
    }
    hops = [(hop.address, hop.port, hop.username) for hop in found.hops(swept["sw-1"])]
    assert hops == [("outer", 2022, None), ("192.0.2.5", 22, "jo"), ("inner", 22, None)]
    assert [note.partition("config: ")[2] for note in found.notes] == [
        "Include ~/more: not taken",
        f'Match host sw-2 exec "touch {tmp_path / "ran"}": not taken',
        "ProxyCommand of 1 hosts (old): not taken; write ProxyJump",
    ]
    assert not (tmp_path / "ran").exists()


def test_ssh_config_completes_the_hosts_of_another_source(tmp_path: Path) -> None:
    config = "Host 192.0.2.*\n ProxyJump bastion\n User noc\nHost sw-2\n User jo\n Port 2222\n"
    text = "name,ip,port\nsw-1,192.0.2.1,22\nsw-2,192.0.2.2,\nbastion,192.0.2.3,\n"
    found = given(tmp_path, CSV + 'ssh_config = "config"\n', list=text, config=config, defaults=AUTO)
    assert {n: (one.username, one.port, one.jump) for n, one in found.targets.items() if not one.is_jump_host} == {
        "sw-1": ("noc", 22, ("bastion",)),
        "sw-2": ("jo", 2222, ("bastion",)),
        "bastion": ("noc", 22, ()),
    }
    text = text.replace("bastion,192.0.2.3,\n", "")
    own = "bastion: {hostname: 192.0.2.99, data: {jump_host: true}}\n"
    found = given(tmp_path, CSV + 'ssh_config = "config"\n', list=text, hosts=own)
    assert found.targets["bastion"].address == "192.0.2.99"


def test_ssh_config_is_read_as_paramiko_reads_it(tmp_path: Path) -> None:
    text = """
Port = 2200
  # Host commented
host "sw-1" sw-?? !sw-33
\tUser   jo
hostNAME=%h.example.net
Host * !sw-2
 Port 22
 User "noc"
Match all
 User last
 ProxyJump none
"""
    (tmp_path / "config").write_text(text)
    ours, theirs = ssh_config.Reader(tmp_path / "config"), SSHConfig.from_text(text)
    for name in ("sw-1", "sw-2", "sw-22", "sw-33", "SW-44", "other", "a.b"):
        told = {key: value for key, value in theirs.lookup(name).items() if key != "identityfile"}
        assert ours._told(name) | {"proxyjump": "none"} == told | {"proxyjump": "none"}, name


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ("Host a\n ProxyJump b\nHost b\n ProxyJump a\n", "a is reached through itself"),
        ("Host a\n ProxyJump @@\n", "USER@HOST:PORT is expected"),
        (f"Host a\n ProxyJump {','.join(map(str, range(99)))}\n", "more than 20 hops"),
        ("".join(f"Host j{one}\n ProxyJump j{one + 1}\n" for one in range(3000)), "more than 20 hops"),
    ],
)
def test_ssh_config_that_leads_nowhere(tmp_path: Path, config: str, told: str) -> None:
    with pytest.raises(InputError) as caught:
        given(tmp_path, 'source = "ssh_config"\nfile = "config"\n', config=config, defaults=AUTO)
    assert told in f"{caught.value.what} {caught.value.why}"


def test_ssh_config_has_comments_behind_values_and_patterns_of_many_stars(tmp_path: Path) -> None:
    config = f'Host {"*a" * 40}b\n Port 23\nHost a[1] {"a" * 60} # the core\n HostName = 192.0.2.1 # "moves"\n'
    found = given(tmp_path, 'source = "ssh_config"\nfile = "config"\n', config=config, defaults=AUTO).targets
    assert {name: (one.address, one.port) for name, one in found.items()} == dict.fromkeys(
        ("a" * 60, "a[1]"), ("192.0.2.1", 22)
    )


LISTING = {
    "_meta": {
        "hostvars": {
            "sw-1": {"ansible_host": "192.0.2.1", "ansible_network_os": "cisco.nxos.nxos", "ansible_user": "noc",
                     "ansible_port": "2222", "site": "berlin", "ansible_password": "geheim",
                     "ansible_ssh_common_args": "-o ProxyCommand='ssh -W %h:%p bastion'"},
            "sw-2": {"ansible_host": {"__ansible_vault": "$ANSIBLE_VAULT;1.1"}, "ansible_network_os": "nxos"},
            "sw-3": {"ansible_host": "{{ inventory_hostname }}.example.net", "ansible_network_os": "nxos"},
            "leaf": {"ansible_network_os": "arista.eos.eos"},
        }
    },
    "all": {"children": ["ungrouped", "dc", "web"]},
    "dc": {"children": ["spine"]},
    "spine": {"hosts": ["sw-1", "sw-2", "sw-3", "leaf"], "children": ["dc"]},
    "web": {"hosts": ["www"]},
}  # fmt: skip
ANSIBLE = 'source = "ansible"\nfile = "%s"\n'


def check_listing(found: Inventory) -> None:
    switch = found.targets["sw-1"]
    assert (switch.address, switch.port, switch.platform, switch.username) == ("192.0.2.1", 2222, "cisco_nxos", "noc")
    assert (switch.groups, switch.site, switch.aaa_group) == (("spine", "dc"), "berlin", "emea")
    assert set(found.targets) == {"sw-1"}
    assert found.left_out == {
        "sw-2": "ansible_host is encrypted by Ansible Vault: not taken",
        "sw-3": "ansible_host is a template or a structure: not taken",
        "leaf": "platform arista.eos.eos: there is no reader for it",
        "www": "no platform in ansible, groups.yaml or defaults.yaml",
    }
    told = [re.search(r": (ansible_\w+ of 1 hosts: not taken)", note) for note in found.notes]
    assert [match[1].split()[0] for match in told if match] == ["ansible_password", "ansible_ssh_common_args"]
    assert "geheim" not in repr(found)


def test_ansibles_listing(tmp_path: Path) -> None:
    groups = "dc: {data: {aaa_group: emea}}\n"
    check_listing(given(tmp_path, ANSIBLE % "hosts.json", groups=groups, **{"hosts.json": json.dumps(LISTING)}))


def test_ansibles_program_is_run_without_our_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bin" / "ansible-inventory"
    program.parent.mkdir()
    (tmp_path / "listing").write_text(json.dumps(LISTING))
    program.write_text(
        f'#!/bin/sh\nenv > {tmp_path}/environment\necho "$@" > {tmp_path}/asked\ncat {tmp_path}/listing\n'
    )
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("LICSWEEP_PASSWORD", "geheim")
    check_listing(given(tmp_path, ANSIBLE % "inventory", groups="dc: {data: {aaa_group: emea}}\n"))
    assert (tmp_path / "asked").read_text() == f"-i {tmp_path / 'inventory'} --list\n"
    told = (tmp_path / "environment").read_text()
    assert "geheim" not in told
    assert "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED=true" in told
    program.write_text("#!/bin/sh\necho '[WARNING]: x' >&2\necho 'ERROR! no vault secrets' >&2\nexit 1\n")
    with pytest.raises(InventoryError, match="can't list it") as caught:
        given(tmp_path, ANSIBLE % "inventory")
    assert caught.value.why == "ERROR! no vault secrets"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    monkeypatch.setattr(ansible_source, "MAX_SECONDS", 0.05)
    with pytest.raises(InventoryError, match=r"did not end within 0.05 s"):
        given(tmp_path, ANSIBLE % "inventory")
    program.write_text("#!/gone/bin/python\n")
    with pytest.raises(InventoryError, match="ansible-inventory: can't be run"):
        given(tmp_path, ANSIBLE % "inventory")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingExtra) as missing:
        given(tmp_path, ANSIBLE % "inventory")
    assert "--list > hosts.json" in missing.value.hint


@pytest.mark.parametrize(
    ("listing", "told"),
    [
        ({"all": {"children": []}}, "_meta.hostvars is missing"),
        ({"_meta": {"hostvars": {}}, "dc": {"hosts": ["a"], "vars": {"x": 1}}}, "group dc has variables of its own"),
        ({"_meta": {"hostvars": {}}, "dc": ["a"]}, "hosts.json: dc"),
        ({"_meta": {"hostvars": {}}, "dc": {"hosts": "a"}}, "hosts.json: dc.hosts"),
    ],
)
def test_what_is_no_listing(tmp_path: Path, listing: object, told: str) -> None:
    with pytest.raises(InputError) as caught:
        given(tmp_path, ANSIBLE % "hosts.json", **{"hosts.json": json.dumps(listing)})
    assert told in f"{caught.value.what} {caught.value.why}"


def test_a_source_is_looked_at_and_a_project_made_from_it(tmp_path: Path) -> None:
    (tmp_path / "list").write_text("name,platform\nsw-1,nxos\n")
    project = load(tmp_path, environment={})
    assert list(inventory.load(inventory.named(project, f"csv:{tmp_path / 'list'}")).targets) == ["sw-1"]
    with pytest.raises(UsageError, match="no such inventory source: cvs"):
        inventory.named(project, "cvs:list")
    made = write_project(tmp_path / "new", f"csv:{tmp_path / 'list'}")
    assert "hosts.yaml" not in [path.name for path in made]
    assert list(inventory.load(load(tmp_path / "new", environment={})).targets) == ["sw-1"]
    with pytest.raises(InputError, match="url: not the address of a NetBox"):
        write_project(tmp_path / "other", "netbox:https://noc:geheim@netbox.example.net")
    with pytest.raises(InputError, match=re.escape("missing.csv")):
        write_project(tmp_path / "other", f"csv:{tmp_path / 'missing.csv'}")
    assert not (tmp_path / "other").exists()


def test_whatever_a_listing_says_is_told_as_an_error_or_left_out(tmp_path: Path) -> None:
    chance = random.Random(7)
    words = ["192.0.2.1/24", "ios", "\u202e", "{{ x }}", "[::1]:22", "99999999999", 1, 10**30, None, True, -1.5, ""]

    def value(depth: int) -> object:
        kind = chance.random()
        if depth > 2 or kind < 0.6:
            return chance.choice(words)
        inner = [value(depth + 1) for _ in range(2)]
        return inner if kind < 0.8 else dict(zip(["__ansible_vault", "site"], inner, strict=True))

    table = 'map = {https_port = "p", jump = "j", credentials = "c", legacy_ssh = "l"}\n'
    names = ("ansible_host", "ansible_port", "ansible_network_os", "ansible_user", "site", "timezone", *"pjcl")
    whole = 0
    for _ in range(100):
        hosts = {name: {key: value(0) for key in chance.sample(names, 4)} for name in ("a", "b", "c\x1b")}
        listing = {"_meta": {"hostvars": hosts}, "g": value(0) if chance.random() < 0.2 else {"hosts": ["a", "d"]}}
        try:
            found = given(
                tmp_path, ANSIBLE % "hosts.json" + table, defaults=AUTO, **{"hosts.json": json.dumps(listing)}
            )
        except LicsweepError:
            continue
        whole += 1
        assert {"a", "b", "c\ufffd"} <= found.targets.keys() | found.left_out.keys()
    assert whole > 50
