"""Collecting: a device saves its usage reports to a file of ours, the file is fetched, checked and put into the ledger.

A run may end anywhere. A file that an earlier run left on the device is fetched first, and reports that a device shows
as saved but that are in no kept file are saved again by their id, so that nothing is lost.
"""

import re
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

from licsweep.access.conversation import Conversation
from licsweep.courier.progress import entries_of, progress
from licsweep.courier.usage_files import NOTHING_TO_REPORT, read_usage
from licsweep.errors import InputError, VisitRefused, plain_reason
from licsweep.estate.inventory import Target
from licsweep.ledger_types import KeptFile, Ledger
from licsweep.model import Observation, Record
from licsweep.store import Store
from licsweep.visits.answers import meaning, word_for_word
from licsweep.visits.console import Console, Flash
from licsweep.visits.trip import Trip
from reconcile.tables.tables import norm

_OURS = re.compile(r"licsweep_[A-Za-z0-9-]+_[0-9]{8}-[0-9]{6}(?:_[0-9]+)?\.txt")
_SAVED = ("UNACK", "UNACKNOWLEDGED", "PENDING", "CLOSED")
WHOLE = ("unreported", "all")


class CollectOptions(Record):
    """What is saved: `unreported`, `all`, `days N` or `rum-id N`. `again` saves collected reports once more that are
    not acknowledged; `remove` deletes a file on the device when it is kept here."""

    what: str = "unreported"
    again: bool = False
    remove: bool = False


class Collect:
    """The work of `courier collect`; by host, `taken` are the files that were kept and `notes` what else to know."""

    def __init__(self, trip: Trip, store: Store, ledger: Ledger, options: CollectOptions) -> None:
        self._trip, self._store, self._options = trip, store, options
        known = progress(ledger.entries, datetime.now(UTC))
        self._acknowledged = {key for key, one in known.items() if one.acknowledged_at}
        self._kept: dict[str, list[KeptFile]] = defaultdict(list)
        for file in ledger.files.values():
            if file.kind == "usage" and file.hostname:
                self._kept[file.hostname].append(file)
        self.taken: dict[str, list[KeptFile]] = defaultdict(list)
        self.notes: dict[str, list[str]] = defaultdict(list)

    def work(self, target: Target, session: Conversation) -> None:
        """Collects from one device."""
        box = Console(target, session, self._trip)
        seen = box.read()
        flash = box.flash()
        names = {file.name for file in self._kept[target.name]}
        for name in sorted(flash.files.keys() - names):
            if _OURS.fullmatch(name):
                try:
                    self._take(box, seen, f"{flash.name}{name}")
                except VisitRefused as error:
                    self.notes[target.name].append(f"{name}, left by an earlier run: {plain_reason(error)}")
        self._save(box, seen, flash, self._options.what)
        if self._options.what in WHOLE:
            for number in self._missing(box, target):
                self._save(box, seen, flash, f"rum-id {number}")

    def _missing(self, box: Console, target: Target) -> list[str]:
        """The ids of reports that the device has saved and that are in no file that we have; with `again` also those
        that are not acknowledged."""
        now = {report.report_id for file in self.taken[target.name] for report in file.reports}
        before = [file for file in self._kept[target.name] if self._trip.contents.has(file.sha256)]
        have = {report.report_id for file in before for report in file.reports}
        waiting = {one.report_id for file in before for one in file.counted if one.key not in self._acknowledged}
        again = waiting if self._options.again else set()
        shown = box.read()
        saved = {
            one.report_id
            for one in shown.rum_reports
            if one.report_id and (one.state or "").upper() in _SAVED and (one.flag or "") != "P"
        }
        if shown.rum_reports:
            again &= saved
        return sorted((saved - have | again) - now)

    def _save(self, box: Console, seen: Observation, flash: Flash, what: str) -> None:
        """One `save usage` and its file. Raises VisitRefused with the device's words."""
        serial = re.sub("[^A-Za-z0-9-]", "-", next(udi.sn for udi in seen.udis if udi.sn) or "")
        number = len(self.taken[box.target.name])
        path = f"{flash.name}licsweep_{serial}_{datetime.now(UTC):%Y%m%d-%H%M%S}_{number}.txt"
        answer = box.said(f"license smart save usage {what} file {path}")
        if NOTHING_TO_REPORT in answer:
            return
        if answer:
            said = word_for_word(answer)
            raise VisitRefused(f"save usage {what}: {said}", why=meaning(answer) or "its meaning is not known")
        self._take(box, seen, path)

    def _take(self, box: Console, seen: Observation, path: str) -> None:
        """Fetches a file and keeps it. VisitRefused where it is not a usage file of this device."""
        raw, origin = box.fetch(path)
        name = path.partition(":")[2]
        try:
            usage = read_usage(Path(name), raw)
        except InputError as error:
            raise VisitRefused(error.what, why=error.why) from error
        if not usage.reports:
            return
        strange = {norm(one.sn) for one in usage.reports} - {norm(udi.sn or "") for udi in seen.udis}
        if strange:
            raise VisitRefused(f"{name} is of another device", why=f"it holds reports of {min(strange).upper()}")
        now = datetime.now(UTC)
        file = KeptFile(
            sha256=self._trip.contents.keep(raw),
            kind="usage",
            name=name,
            size=len(raw),
            kept_at=now,
            origin=origin,
            hostname=box.target.name,
            reports=usage.reports,
        )
        self._store.record_courier(files=[file], entries=entries_of(file, "collected", now))
        self.taken[box.target.name].append(file)
        if origin.startswith("unverified"):
            self.notes[box.target.name].append(f"{name}: {origin}")
        if self._options.remove:
            box.ask(f"delete /force {path}")


def lines(options: CollectOptions) -> tuple[str, ...]:
    """The lines that change something on each device, as a person is shown them."""
    removed = ("delete /force FS:licsweep_SERIAL_TIME.txt",) if options.remove else ()
    return (f"license smart save usage {options.what} file FS:licsweep_SERIAL_TIME.txt", *removed)
