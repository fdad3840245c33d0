"""The devices of the estate as the courier needs them: whose a UDI is, where each stands, when a report is due."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from licsweep.ledger_types import FileKind, UsageReport
from licsweep.model import Observation, Record
from licsweep.position_types import Instance
from reconcile.grouping import lists_by
from reconcile.tables.tables import norm


@dataclass(frozen=True, kw_only=True)
class Devices:
    """Every product instance as judged, the site of each in the inventory, and what each said last, by host name."""

    by_name: Mapping[str, Instance]
    sites: Mapping[str, str | None] = field(default_factory=dict)
    seen: Mapping[str, Observation | None] = field(default_factory=dict)

    @cached_property
    def _by_serial(self) -> dict[str, list[tuple[str, str]]]:
        udis = ((udi, device.hostname) for device in self.by_name.values() for udi in device.udis)
        return lists_by((norm(udi.sn or ""), (norm(udi.pid or ""), hostname)) for udi, hostname in udis)

    def serials(self, hostname: str) -> tuple[str, ...]:
        """The serial numbers of a host, each once."""
        return tuple(dict.fromkeys(udi.sn for udi in self.by_name[hostname].udis if udi.sn))

    def owner(self, udis: Iterable[tuple[str, str]]) -> str | None:
        """The one host that has all of these UDIs (PID, where it is known, and serial); None where there is none."""
        hosts: set[str | None] = set()
        for pid, sn in udis:
            known = self._by_serial.get(norm(sn), ())
            hosts |= {host for its, host in known if not pid or its in ("", norm(pid))} or {None}
        return hosts.pop() if len(hosts) == 1 else None


class Match(Record):
    """What a file is, whose it is, of which parcel, and the reports that it holds or acknowledges.

    `hostname` is None, and `why` says so, where nothing proves one. `origin` says how the bytes came and what proves
    them.
    """

    kind: FileKind
    hostname: str | None = None
    parcel: str | None = None
    reports: tuple[UsageReport, ...] = ()
    origin: str = "from CSSM"
    why: str | None = None
