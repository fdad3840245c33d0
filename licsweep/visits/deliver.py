"""Delivering: what CSSM gave back is copied to its device, imported, and the device is asked whether it took it.

The intent is in the ledger before anything is sent. A file whose intent has no end is only sent again when the device
itself shows that it did not take it: by the state of the reports, else by its last ACK and its history of imports.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Literal

from licsweep.access.conversation import Conversation
from licsweep.courier.progress import ACKNOWLEDGED, entries_of
from licsweep.errors import CopyRefused
from licsweep.estate.inventory import Target
from licsweep.ledger_types import KeptFile, Ledger, LedgerEntry, Step
from licsweep.model import Observation, Record
from licsweep.store import Store
from licsweep.visits.answers import IMPORTED, meaning, word_for_word
from licsweep.visits.console import HISTORY, Console
from licsweep.visits.trip import Trip
from reconcile.grouping import lists_by
from reconcile.tables.tables import norm

NOT_SENT = "not sent"
State = Literal["delivered", "unproven", "already", "refused"]


class Delivery(Record):
    """What became of a file at its device: the device's answer word for word, and what it means."""

    state: State
    answer: str
    means: str | None = None


class Deliver:
    """The work of `courier deliver`; `done` are the deliveries by the hash of the file."""

    def __init__(self, trip: Trip, store: Store, ledger: Ledger, waiting: Iterable[KeptFile]) -> None:
        self._trip, self._store = trip, store
        self._waiting = lists_by((file.hostname or "", file) for file in waiting)
        self._intents = _open_intents(ledger.entries)
        proven = (IMPORTED, NOT_SENT)
        ended = [entry for entry in ledger.entries if entry.step == "delivered"]
        self._imported = {entry.sha256 for entry in ended if (entry.note or "").startswith(proven)}
        self.done: dict[str, Delivery] = {}

    def work(self, target: Target, session: Conversation) -> None:
        """Delivers the files of one device."""
        box = Console(target, session, self._trip)
        for file in self._waiting.get(target.name, ()):
            seen = box.read()
            if strange := {norm(one.sn) for one in file.reports} - {norm(udi.sn or "") for udi in seen.udis}:
                words = f"not sent: it acknowledges reports of {', '.join(sorted(strange)).upper()}, which is not there"
                self.done[file.sha256] = Delivery(state="refused", answer=words)
                continue
            evidence = _evidence(box, seen)
            if why := self._taken_before(file, seen, evidence):
                self._record(file, "delivered", f"{NOT_SENT}: {why}")
                self.done[file.sha256] = Delivery(state="already", answer=why)
                continue
            self._record(file, "delivering", evidence)
            self.done[file.sha256] = done = self._import(box, file, evidence)
            self._record(file, "refused" if done.state == "refused" else "delivered", done.answer)

    def _taken_before(self, file: KeptFile, seen: Observation, evidence: str) -> str | None:
        """Why the file is not sent: the device has it already. None where it is to be sent."""
        if states := _states(file, seen):
            return "the device shows its reports as acknowledged" if states == {True} else None
        if file.sha256 in self._imported and file.kind == "ack":
            return "it said before that it took it, and shows no state of the reports"
        before = self._intents.get(file.sha256)
        if before is not None and evidence != before:
            return f"an import was begun before, and the device shows another state since: {evidence}, before {before}"
        return None

    def _import(self, box: Console, file: KeptFile, evidence: str) -> Delivery:
        raw = self._trip.contents.read(file.sha256)
        path = f"{box.flash().name}licsweep_{file.kind}_{file.sha256[:16]}.txt"
        try:
            box.put(path, raw)
        except CopyRefused as error:
            return Delivery(
                state="refused", answer=f"not copied, nothing imported: {error.why}", means=error.hint or None
            )
        answer = box.said(f"license smart import {path}")
        said = word_for_word(answer)
        if IMPORTED not in answer:
            return Delivery(state="refused", answer=said, means=meaning(answer))
        after = box.read()
        if False in _states(file, after) or _evidence(box, after) == evidence:
            means = f"{plain_proof(file)} did not change: look at the device again, and sweep it"
            return Delivery(state="unproven", answer=said, means=means)
        return Delivery(state="delivered", answer=said)

    def _record(self, file: KeptFile, step: Step, note: str) -> None:
        at = datetime.now(UTC)
        self._store.record_courier(entries=entries_of(file, step, at, by=self._trip.by, note=note))


def plain_proof(file: KeptFile) -> str:
    """What on the device proves the import of such a file."""
    return "Last ACK received and the states of its reports" if file.kind == "ack" else "its history of imports"


def _states(file: KeptFile, seen: Observation) -> set[bool]:
    """Whether the device shows the reports of an acknowledgement as acknowledged; empty where it shows none of them."""
    shown: Mapping[str | None, str] = {one.report_id: (one.state or "").upper() for one in seen.rum_reports}
    return {shown[one.report_id] in ACKNOWLEDGED for one in file.counted if one.report_id in shown}


def _evidence(box: Console, seen: Observation) -> str:
    """What changes when a device imports something: its last ACK, and how many imports it remembers."""
    last = f"{seen.last_ack_received:%Y-%m-%d %H:%M:%S} UTC" if seen.last_ack_received else "none"
    history = box.ask(HISTORY).partition("Import Message History")[2]
    times = re.findall(r"^\s*Received on (.+)$", history, re.MULTILINE)
    return f"last ACK {last}, {len(times)} imports, the last on {times[-1].strip() if times else 'none'}"


def _open_intents(entries: Iterable[LedgerEntry]) -> dict[str, str]:
    """By file, what the device showed before an import of which no end is recorded."""
    found: dict[str, str] = {}
    for entry in entries:
        if entry.sha256 and entry.step == "delivering":
            found[entry.sha256] = entry.note or ""
        elif entry.sha256 and entry.step in ("delivered", "refused"):
            found.pop(entry.sha256, None)
    return found


def lines(file: KeptFile) -> tuple[str, ...]:
    """The lines that change something on the device, as a person is shown them."""
    path = f"FS:licsweep_{file.kind}_{file.sha256[:16]}.txt"
    return f"scp {path}", f"license smart import {path}"
