"""What a simulated IOS XE does beside its canned answers: its flash, its usage reports, what it imports.

`troubles` are what is wrong with it just now: `no-scp`, `scp-level`, `flash-full`, `no-verify`, `level-1`. The words
for a full flash, a missing file and a server that is off are those of IOS XE as far as known [K].
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from licsweep.model import Udi
from licsweep.simulator.design import Kind
from licsweep.simulator.device import Device, Tally
from licsweep.simulator.outputs import DEVICE_DATE, Outputs, designed_state
from licsweep.simulator.rum import IMPORTED, NOT_FOUND, REPEATED, RumState, UsageReports

FLASH_BYTES = 11_353_194_496
RUM_SHOWN_FROM = [5, 10]  # agents that know `show license rum` without internal commands


class FlashFull(Exception):
    """There is no room for the file."""


@dataclass(slots=True)
class Box:
    """One device; the `tally` is told what it wrote and took."""

    device: Device
    kind: Kind
    outputs: Outputs
    uses: tuple[tuple[str, str, int], ...]
    tally: Tally
    troubles: frozenset[str] = frozenset()
    files: dict[str, bytes] = field(default_factory=dict)
    reports: UsageReports = field(init=False)

    def __post_init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        facts, now = self.kind.facts, self.outputs.now
        self.reports = UsageReports(
            device=self.device,
            uses=self.uses,
            second_layout=facts["agent_number"] >= RUM_SHOWN_FROM,
            acked_at=designed_state(facts, self.device, now).acked_at,
            began=now - timedelta(days=facts["first_use_days"]),
        )

    def become(self, serial: str) -> None:
        """Another box was put in its place."""
        own = self.device.udis[0]
        swapped = tuple(replace(udi, sn=serial) if udi.sn == own.sn else udi for udi in self.device.udis)
        self.device, self.files = replace(self.device, udis=swapped), {}
        self._begin()

    def current(self) -> tuple[Device, RumState]:
        """What its show commands speak of."""
        return self.device, self.reports.state

    @property
    def own(self) -> Udi:
        return self.device.udis[0]

    def answer(self, line: str) -> str | None:
        """The answer to a line that no template answers, with the time before it where the box prints that before
        every answer; None where it is no command here."""
        for pattern, act in _LINES:
            if found := re.fullmatch(pattern, line, re.IGNORECASE):
                said = act(self, *found.groups())
                return None if said is None else self.outputs.render("xe_timestamps.j2", self.device) + said
        return None

    def store(self, name: str, raw: bytes) -> None:
        """Puts a file on the flash. Raises FlashFull."""
        if "flash-full" in self.troubles:
            raise FlashFull
        self.files[name] = raw

    def _privilege(self) -> str:
        return f"Current privilege level is {1 if 'level-1' in self.troubles else 15}\n"

    def _dir(self, name: str | None) -> str:
        if name and name not in self.files:
            return f"%Error opening flash:/{name} (No such file or directory)\n"
        listed = [name] if name else sorted(self.files)
        used = FLASH_BYTES if "flash-full" in self.troubles else sum(map(len, self.files.values()))
        at = f"{datetime.now(UTC):%b %d %Y %H:%M:%S} +00:00"
        rows = [f"{n:>6}  -rw-  {len(self.files[one]):>15}  {at}  {one}" for n, one in enumerate(listed, 11)]
        total = f"{FLASH_BYTES} bytes total ({FLASH_BYTES - used} bytes free)"
        return "\n".join([f"Directory of flash:/{name or ''}", "", *rows, "", total, ""])

    def _verify(self, name: str) -> str | None:
        if "no-verify" in self.troubles:
            return None
        if name not in self.files:
            return f"%Error opening flash:{name} (No such file or directory)\n"
        digest = hashlib.md5(self.files[name], usedforsecurity=False).hexdigest()
        return f".Done!\nverify /md5 (flash:{name}) = {digest}\n"

    def _more(self, name: str) -> str:
        found = self.files.get(name)
        return f"%Error opening flash:{name} (No such file or directory)\n" if found is None else found.decode()

    def _delete(self, name: str) -> str:
        if self.files.pop(name, None) is None:
            return f"%Error deleting flash:{name} (No such file or directory)\n"
        return ""

    def _save(self, wanted: str, number: str | None, name: str) -> str | None:
        if "level-1" in self.troubles:
            return None
        raw = self.reports.save(wanted.lower(), int(number or 0))
        if raw is None:
            return NOT_FOUND
        try:
            self.store(name, raw)
        except FlashFull:
            return f"%Error writing flash:{name} (No space left on device)\n"
        self.tally.usage_files.setdefault(self.device.name, []).append(hashlib.sha256(raw).hexdigest())
        return ""

    def _import(self, name: str) -> str | None:
        if "level-1" in self.troubles:
            return None
        if name not in self.files:
            return f"%Error opening flash:{name} (No such file or directory)\n"
        answer = self.reports.imported(self.files[name])
        if answer in (IMPORTED, REPEATED):
            (self.tally.imports if answer == IMPORTED else self.tally.repeated)[self.device.name] += 1
        return answer

    def _rum(self, number: str | None) -> str | None:
        if self.kind.facts["agent_number"] < RUM_SHOWN_FROM:
            return None
        known = [one for one in self.reports.reports if number is None or one.id == int(number)]
        if number and not known:
            return NOT_FOUND
        return self.outputs.render("rum_detail.j2" if number else "rum_table.j2", self.device, reports=known)

    def _history(self) -> str:
        lines = ["Import Message History (oldest to newest):", "=" * 52]
        for what in ("Import POLICY", "Import AUTH", "Import TRUST CODE", "Import RUM ACK"):
            times = [f"Received on {at.strftime(DEVICE_DATE)}" for name, at in self.reports.imports if name == what]
            lines += [f"{what}:", *(times or ["  No past Import history"])]
        return "\n".join([*lines, ""])


_NAME = r"(?:flash:|bootflash:)?/?([\w.-]+)"
_LINES: tuple[tuple[str, Callable[..., str | None]], ...] = (
    ("show privilege", Box._privilege),
    (rf"dir(?: (?:(?:boot)?flash:|{_NAME}))?", Box._dir),
    (rf"verify /md5 {_NAME}", Box._verify),
    (rf"more {_NAME}", Box._more),
    (rf"delete /force {_NAME}", Box._delete),
    (rf"license smart save usage (all|unreported|days|rum-id)(?: (\d{{1,18}}))? file {_NAME}", Box._save),
    (rf"license smart import {_NAME}", Box._import),
    (r"show license rum id (?:all|(\d{1,18}) detail)", Box._rum),
    ("show license history message", Box._history),
)
