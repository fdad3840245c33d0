"""A project for the simulated estate: inventory, known_hosts, and what its smart account owns."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from licsweep import platforms
from licsweep.files import write
from licsweep.line_patterns import is_request
from licsweep.model import Record
from licsweep.reports.plain_tables import csv_text
from licsweep.settings import DEFAULT_SET
from licsweep.simulator.design import Design, estate_data, load_data, load_design
from licsweep.simulator.device import Device, JumpHost

ENTITLEMENTS_FILE, AUTHORITY_FILE = "cssm-licenses.csv", "https-ca.pem"
NOT_CONSUMING = {"eval-mode", "not-in-use"}


class Bought(Record):
    """A term to write: `percent` of what is in use, and `plus`; dates are days from today."""

    type: str
    percent: int = 0
    plus: int = 0
    starts_in: int
    ends_in: int | None = None
    subscription_id: str = ""


class Story(Record):
    """A pool that is to show something: the terms that stand in place of the default ones."""

    shows: str
    virtual_account: str
    license: str
    terms: tuple[Bought, ...]


class Purchases(Record):
    """fixtures/estate/entitlements.yaml: default terms by the license's type, and the stories."""

    default: dict[str, tuple[Bought, ...]]
    stories: tuple[Story, ...] = ()


def write_project(
    directory: Path,
    devices: Sequence[Device],
    jump_hosts: Sequence[JumpHost] = (),
    folder: str | None = None,
    authority: str = "",
) -> None:
    """Writes inventory/{hosts,groups,defaults}.yaml, known_hosts, entitlements/cssm-licenses.csv and the design's
    catalogue.yaml, where it has one, in `directory`.

    The devices stand behind all jump hosts, in their order; `folder` is that of their design (None: ours); `authority`
    signed the certificates of the managers (https-ca.pem).
    """
    import yaml

    design = load_design(folder)
    inventory = directory / "inventory"
    inventory.mkdir(parents=True, exist_ok=True)
    for name, content in {
        "hosts.yaml": {device.name: _host(device, jump_hosts) for device in devices}
        | {jump.name: {"hostname": jump.host, "port": jump.port, "data": {"jump_host": True}} for jump in jump_hosts},
        "groups.yaml": _groups(design, devices),
        "defaults.yaml": {"data": {"smart_account": design.smart_account}},
    }.items():
        write(inventory / name, yaml.safe_dump(content, sort_keys=False))
    servers: tuple[Device | JumpHost, ...] = (*devices, *jump_hosts)
    known = (f"[{server.host}]:{server.port} {server.host_key}\n" for server in servers if server.host_key)
    write(directory / "known_hosts", "".join(known))
    if (catalogue := estate_data(folder) / "catalogue.yaml").is_file():
        write(directory / "catalogue.yaml", catalogue.read_text())
    if any(device.https_port for device in devices):
        write(directory / AUTHORITY_FILE, authority)
    entitlements = directory / "entitlements"
    entitlements.mkdir(exist_ok=True)
    purchases = load_data("entitlements.yaml", Purchases, folder)
    if rows := list(_entitlement_rows(design, purchases, devices, date.today())):
        write(entitlements / ENTITLEMENTS_FILE, csv_text(rows[0], (row.values() for row in rows)))


def _host(device: Device, jump_hosts: Sequence[JumpHost]) -> dict[str, Any]:
    jump = {"jump": [jump.name for jump in jump_hosts]} if jump_hosts else {}
    # devices whose account locks ask one AAA server; one with another password knows accounts of its own
    groups = {"lock-out": "locking", "wrong-password": device.name}
    aaa_group = {"aaa_group": groups[device.fault]} if device.fault in groups else {}
    return {
        "hostname": device.host,
        "port": device.port,
        "platform": str(device.platform),
        "groups": list(device.groups),
        "data": {"site": device.site} | aaa_group | jump | _https(device),
    }


def _https(device: Device) -> dict[str, Any]:
    if not device.https_port:
        return {}
    pin = {"https_pin": device.https_pin} if device.https_pin else {}
    platform = platforms.get(device.platform)
    ways = {is_request(line) for line in platform.lines}
    other = "ssh_credentials" if platform.transport == "https" else "https_credentials"
    second = {other: DEFAULT_SET} if len(ways) > 1 else {}
    return {"https_port": device.https_port, "https_ca": AUTHORITY_FILE} | pin | second


def _groups(design: Design, devices: Sequence[Device]) -> dict[str, Any]:
    sites = {s.name: {"timezone": s.timezone, "virtual_account": s.virtual_account} for s in design.sites}
    return {name: {"data": sites[name]} if name in sites else {} for device in devices for name in device.groups}


def _entitlement_rows(
    design: Design, purchases: Purchases, devices: Sequence[Device], today: date
) -> Iterator[dict[str, object]]:
    used = _use(design, devices)
    stories = {(story.virtual_account, story.license): story.terms for story in purchases.stories}
    for account, key in sorted(used.keys() | stories.keys()):
        known = design.licenses[key]
        for term in stories.get((account, key)) or purchases.default[known.type or ""]:
            yield {
                "Smart Account": design.smart_account,
                "Virtual Account": account,
                "License": known.cssm,
                "Entitlement Tag": known.tag,
                "License Type": term.type,
                "Quantity": used[account, key] * term.percent // 100 + term.plus,
                "Start Date": today + timedelta(days=term.starts_in),
                "End Date": "" if term.ends_in is None else today + timedelta(days=term.ends_in),
                "Subscription ID": term.subscription_id,
                "In Use": used[account, key],
                "Reserved": 0,
            }


def _use(design: Design, devices: Sequence[Device]) -> Counter[tuple[str, str]]:
    """By virtual account and license key, what the working devices use of all that CSSM knows."""
    keys: Mapping[str | None, str] = {
        known.label: key for key, known in design.licenses.items() if known.cssm and known.label
    }
    used: Counter[tuple[str, str]] = Counter()
    accounts = {device.name: device.virtual_account for device in devices}
    for device in devices:
        consumed = design.kind(device.kind).consumes
        if consumed and consumed.manager in accounts:
            used.update((accounts[consumed.manager], key) for key in consumed.licenses)
        for line in device.expected_licenses:
            if line.entitlement_tag in keys and line.status not in NOT_CONSUMING:
                used[device.virtual_account, keys[line.entitlement_tag]] += line.count or 0
    return used
