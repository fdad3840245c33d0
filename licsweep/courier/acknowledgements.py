"""Which device a file from CSSM is for: by the name it was uploaded with, and by the serial numbers in it.

What stands in an acknowledgement is not known (no public sample), so it is only searched for serial numbers.
"""

import html
import re

from licsweep.courier.devices import Devices, Match
from licsweep.courier.progress import progress
from licsweep.ledger_types import FileKind, KeptFile, Ledger
from reconcile.tables.tables import norm

_SERIAL = re.compile(r"(?:udi_serial_number\W{1,12}|\bSN:\s?)([A-Za-z0-9-]{4,32})")
_COPY = re.compile(r" ?\([0-9]{1,3}\)(?=\.[a-z]+$)")


class Matcher:
    """Whose a file from CSSM is, by the parcels of a project and by what became of the reports in them."""

    def __init__(self, devices: Devices, ledger: Ledger) -> None:
        self._devices, known = devices, progress(ledger.entries)
        self._sent: dict[str, Match] = {}
        self._waiting: dict[str, list[Match]] = {}
        for parcel in ledger.parcels.values():
            for one in parcel.files:
                file = ledger.files[one.sha256]
                sent = Match(kind="ack", hostname=one.hostname, parcel=parcel.id, reports=file.reports)
                self._sent[one.name.casefold()] = sent
                became = [known[report.key] for report in file.counted]
                if any(each.parcel == parcel.id and each.acknowledged_at is None for each in became):
                    self._waiting.setdefault(one.hostname, []).append(sent)

    def match(self, name: str, text: str, kind: FileKind, host: str | None = None) -> Match:
        """Whose a file of this name and content is; `host` is what a person says of it."""
        serials = {norm(found) for found in _SERIAL.findall(html.unescape(text))}
        sent = self._sent.get(without_copy(name).casefold().removeprefix("ack_"))
        if sent and kind == "ack":
            return self._checked(sent, serials)
        hostname = host or self._devices.owner(("", serial) for serial in serials)
        if hostname is None:
            found = f"the serial number of no host: {', '.join(sorted(serials)[:5])}" if serials else "no serial number"
            return Match(kind=kind, why=f"its name is of no file in a parcel, and it holds {found}")
        if kind != "ack":
            return self._checked(Match(kind=kind, hostname=hostname), serials)
        waiting = self._waiting.get(hostname, [])
        if len(waiting) == 1:
            return self._checked(waiting[0], serials)
        number = len(waiting) or "none"
        return Match(
            kind=kind, why=f"its name is of no file in a parcel, and of the files of {hostname} {number} wait for one"
        )

    def _checked(self, match: Match, serials: set[str]) -> Match:
        """The match, unless the file holds a serial number of another device."""
        device = self._devices.by_name.get(match.hostname or "")
        own = {norm(udi.sn or "") for udi in device.udis} if device else set()
        strange = serials - own - {norm(report.sn) for report in match.reports}
        if strange:
            return Match(
                kind=match.kind,
                why=f"it seems to be of {match.hostname} and holds the serial number {min(strange).upper()}",
            )
        return match


def without_copy(name: str) -> str:
    """The name of a file without what a browser adds to a second download."""
    return _COPY.sub("", name)


def to_deliver(ledger: Ledger, devices: Devices, *, again: bool = False) -> list[KeptFile]:
    """The files that devices are still to import, by host; with `again` also those that were handed out or imported.

    Left out are acknowledgements of reports that the device confirms, and without `again` those of reports that another
    file acknowledged first.
    """
    known = progress(ledger.entries)
    delivered = {entry.sha256 for entry in ledger.entries if entry.step == "delivered"}

    def is_open(file: KeptFile) -> bool:
        hostname = file.hostname or ""
        if hostname not in devices.by_name or file.kind == "usage" or (file.sha256 in delivered and not again):
            return False
        reports = [
            (one.report_id, known[one.key]) for one in file.counted if again or known[one.key].ack == file.sha256
        ]
        return file.kind != "ack" or any(
            not one.confirmed_at(name, devices.seen.get(hostname)) for name, one in reports
        )

    return sorted(filter(is_open, ledger.files.values()), key=lambda one: (one.hostname or "", one.name))
