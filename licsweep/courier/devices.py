"""The devices of the estate as the courier needs them: whose a UDI is, where a device stands, when a report is due."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from licsweep.ledger_types import FileKind, UsageReport
from licsweep.model import Observation, Udi
from reconcile.tables.tables import norm


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One product instance as judged; `virtual_account` is None where nothing says one."""

    hostname: str
    udis: tuple[Udi, ...] = ()
    smart_account: str | None = None
    virtual_account: str | None = None
    site: str | None = None
    deadline: datetime | None = None
    days_left: int | None = None
    service_affecting: bool = False
    observation: Observation | None = None


@dataclass(frozen=True, kw_only=True)
class Devices:
    """Every device by its host name."""

    by_name: dict[str, Device]

    @cached_property
    def _by_serial(self) -> dict[str, list[tuple[str, str]]]:
        found: dict[str, list[tuple[str, str]]] = {}
        for device in self.by_name.values():
            for udi in device.udis:
                found.setdefault(norm(udi.sn or ""), []).append((norm(udi.pid or ""), device.hostname))
        return found

    def owner(self, udis: Iterable[tuple[str, str]]) -> str | None:
        """The one host that has all of these UDIs (PID, where it is known, and serial); None where there is none."""
        hosts: set[str | None] = set()
        for pid, sn in udis:
            known = self._by_serial.get(norm(sn), ())
            hosts |= {host for its, host in known if not pid or its in ("", norm(pid))} or {None}
        return hosts.pop() if len(hosts) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What a file is, whose it is, of which parcel, and the reports that it holds or acknowledges.

    `hostname` is None, and `why` says so, where nothing proves one.
    """

    kind: FileKind
    hostname: str | None = None
    parcel: str | None = None
    reports: tuple[UsageReport, ...] = ()
    why: str | None = None
