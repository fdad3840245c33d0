"""What docs/inventory.md, docs/credentials.md and the sample project say is so."""

import re
from dataclasses import fields
from pathlib import Path
from typing import get_args

from licsweep.estate import credentials, inventory, other_sources, simple_inventory
from licsweep.estate.selection import Selection, select
from licsweep.jobs.init import write_project
from licsweep.platforms import Transport, platforms
from licsweep.settings import CREDENTIAL_SOURCES, CredentialSet, load

DOCS = Path(__file__).parents[2] / "docs"


def blocks(page: str, language: str) -> list[str]:
    found: list[str] = re.findall(rf"```{language}\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)
    return found


def first_column(page: str, heading: str) -> set[str]:
    """The words in the first column of the table that begins with a heading."""
    table = (DOCS / page).read_text().split(f"| {heading} |")[1].split("\n\n")[0]
    return {word for row in table.splitlines()[2:] for word in re.findall(r"`(\w+)`", row.split("|")[1])}


def test_the_inventory_page(tmp_path: Path) -> None:
    (tmp_path / "inventory").mkdir()
    for text in blocks("inventory.md", "yaml"):
        (tmp_path / "inventory" / text.split()[1]).write_text(text)
    (tmp_path / "licsweep.toml").write_text(blocks("inventory.md", "toml")[0])
    whole = inventory.load(load(tmp_path, environment={}))
    switch, firewall = select(whole, Selection())
    assert (switch.address, switch.platform, switch.port, switch.username) == ("192.0.2.11", "cisco_xe", 22, "reader")
    assert (firewall.address, firewall.platform, firewall.port) == ("2001:db8::12", "cisco_asa", 2222)
    assert (switch.site, switch.timezone, switch.aaa_group) == ("berlin", "Europe/Berlin", "emea")
    assert [hop.address for hop in whole.hops(switch)] == ["bastion.example.net"]


def test_the_sources_of_the_inventory_page(tmp_path: Path) -> None:
    (tmp_path / "inventory").mkdir()
    (tmp_path / "inventory" / "defaults.yaml").write_text("platform: auto\n")
    (tmp_path / "hosts.csv").write_text(blocks("inventory.md", "csv")[0])
    (tmp_path / "hosts.json").write_text(blocks("inventory.md", "json")[0])
    (tmp_path / "ssh_config").write_text(blocks("inventory.md", "text")[1])
    found = {}
    for text in blocks("inventory.md", "toml"):
        (tmp_path / "licsweep.toml").write_text(text)
        project = load(tmp_path, environment={})
        if project.inventory["source"] != "files":
            found[project.inventory["source"]] = inventory.load(project)
    switch = found["csv"].targets["acc-berlin-01"]
    assert (switch.address, switch.platform, switch.site) == ("192.0.2.11", "cisco_xe", "berlin")
    assert found["csv"].left_out == {"acc-berlin-02": "status Planned"}
    switch = found["ansible"].targets["acc-berlin-01"]
    assert (switch.address, switch.groups, switch.data) == ("192.0.2.11", ("berlin",), {"virtual_account": "Campus"})
    assert set(found["ansible"].left_out) == {"leaf-01"}
    (switch,) = select(found["ssh_config"], Selection())
    assert (switch.address, switch.port, switch.jump) == ("192.0.2.11", 2222, ("bastion",))
    assert first_column("inventory.md", "option | of") >= {*other_sources.KEYS, "source", "folder", "file"}
    named = (DOCS / "inventory.md").read_text().split("| `source` | all |")[1].split("\n")[0]
    assert set(re.findall(r"`(\w+)`", named)) == set(inventory.SOURCES)


def test_the_tables_name_every_key() -> None:
    assert first_column("inventory.md", "key") == set(simple_inventory._KEYS)
    ours = {name for name in vars(inventory.Target) if isinstance(vars(inventory.Target)[name], property)}
    named = first_column("inventory.md", "in `data`")
    ours |= {f"{way}_credentials" for way in get_args(Transport)}  # read by `ways`
    assert {name.removeprefix("is_") for name in ours} == named - {"smart_account", "virtual_account"}
    assert first_column("credentials.md", "source") == set(CREDENTIAL_SOURCES)
    keys = {one.name for one in fields(CredentialSet)} - {"name", "sources"} | {"from"}
    assert first_column("credentials.md", "key") == keys
    words = (DOCS / "credentials.md").read_text().split("The words are")[1].split("\n\n")[0]
    assert set(re.findall(r"`(\w+)`", words)) - {"default"} == {*credentials.WORDS, *credentials.JUMP_WORDS}


def test_the_credentials_page(tmp_path: Path) -> None:
    (tmp_path / "licsweep.toml").write_text(blocks("credentials.md", "toml")[0])
    sets = load(tmp_path, environment={}).credential_sets
    assert sets["emea"].variables == "LICSWEEP_CREDENTIALS_EMEA_"
    assert (sets["emea"].username, sets["emea"].lockout_after) == ("noc-emea", 5)
    assert sets["lab"].key == Path.home() / ".ssh" / "id_lab"


def test_platform_names_lead_to_platforms_or_are_known_to_have_no_reader() -> None:
    table = simple_inventory._platform_names()
    assert set(platforms()) <= set(table)
    assert {table[name] for name in ("iosxe", "nxos", "nxos_ssh", "iosxr", "asa", "ios")} <= {"auto", *platforms()}
    assert all(re.fullmatch(r"[a-z0-9_.-]+", name) for name in table)


def test_what_init_writes_is_understood(tmp_path: Path) -> None:
    write_project(tmp_path)
    project = load(tmp_path, environment={})
    text = (tmp_path / "licsweep.toml").read_text()
    (tmp_path / "licsweep.toml").write_text(re.sub(r"^# (\w+ = )", r"\1", text, flags=re.MULTILINE))
    assert load(tmp_path, environment={}).settings == project.settings
    assert len(select(inventory.load(project), Selection())) == 2
