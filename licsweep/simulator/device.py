"""What the simulated estate is told and what it tells: which estate, its devices, and what it saw until its end."""

from collections import Counter
from dataclasses import field

from licsweep.model import LicenseUse, Record, Udi
from licsweep.vocabulary import OutcomeStatus


class Wanted(Record):
    """The estate to simulate: the one line that the simulator reads. Its secrets travel through the pipe only.

    `design` is the folder of a design from outside (None: ours).
    `faults` are shares (0 to 1) of the working devices by kind of fault (fixtures/estate/faults.yaml); `only` is a
    kind of device when all shall be of one; `latency_ms` is the time of a round trip; `network` a part of 127.0.0.0/8
    in which each device gets its own address; `authorized_keys` are public keys that may log in beside the password.
    """

    devices: int = 60
    seed: int = 1
    design: str | None = None
    faults: dict[str, float] = field(default_factory=dict)
    only: str | None = None
    latency_ms: float = 0.0
    network: str | None = None
    host_key_type: str = "ssh-ed25519"
    jump_hosts: int = 0
    authorized_keys: tuple[str, ...] = ()
    password: str = field(repr=False)
    enable_secret: str = field(repr=False)


class Device(Record):
    """One simulated box: where it listens, its place in the inventory, and its designed truth.

    `host_key` is what known_hosts says (another key than it offers where its key "changed", "" where it is unknown).
    `https_port` is where a manager answers over HTTPS, `https_pin` the certificate that the inventory says it shows.
    `virtual_account` is the inventory's.
    Of `expected_licenses` name, tag (the label in parentheses), count (None where `-` stands) and status are given.
    Of a box whose `fault` keeps it from ending ok nothing is expected but `expected_outcome`.
    """

    name: str
    platform: str
    kind: str
    groups: tuple[str, ...]
    site: str
    timezone: str
    smart_account: str
    virtual_account: str
    udis: tuple[Udi, ...]
    fault: str | None = None
    expected_outcome: OutcomeStatus
    expected_licenses: tuple[LicenseUse, ...]
    host: str = "127.0.0.1"
    port: int = 0
    host_key: str = field(default="", repr=False)
    https_port: int = 0
    https_pin: str = ""


class JumpHost(Record):
    """A server with the devices' user name and password that forwards to whatever listens on loopback."""

    name: str
    host: str
    port: int
    host_key: str = field(repr=False)


class Announcement(Record):
    """The line that the simulator prints when all listen; `authority` signed the certificates of all managers (PEM)."""

    username: str
    devices: tuple[Device, ...]
    jump_hosts: tuple[JumpHost, ...] = ()
    authority: str = field(default="", repr=False)


class Tally(Record):
    """The line that the simulator prints at its end: by name of device or jump host, what it saw.

    `forwards` counts the connections that a jump host made for its clients, `imports` the files that a device took,
    `repeated` those that it had taken before; `usage_files` are the sha256 of the usage files that it wrote.
    """

    connections: Counter[str] = field(default_factory=Counter)
    passwords: Counter[str] = field(default_factory=Counter)
    forwards: Counter[str] = field(default_factory=Counter)
    imports: Counter[str] = field(default_factory=Counter)
    repeated: Counter[str] = field(default_factory=Counter)
    usage_files: dict[str, list[str]] = field(default_factory=dict)


class Order(Record):
    """A further line that the simulator reads, and answers with an empty one: what is wrong with a device from now on
    (licsweep/simulator/box.py), and the serial number of the box that was put in its place."""

    device: str
    troubles: tuple[str, ...] = ()
    serial: str | None = None
