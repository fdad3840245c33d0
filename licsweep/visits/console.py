"""One device in the courier's hands: what it says of itself, its files, and the lines that change something on it."""

import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple, TypeVar

from collectors.lines import printed
from collectors.parse import observe, refusal
from licsweep.access.blanking import blank
from licsweep.access.conversation import Conversation
from licsweep.access.file_copy import FileCopy
from licsweep.errors import CopyRefused, VisitRefused, plain_reason
from licsweep.estate.inventory import Target
from licsweep.model import Observation
from licsweep.reading.host_report import capture
from licsweep.visits.trip import Trip
from reconcile.tables.tables import norm

T = TypeVar("T")
RUM_TABLE, HISTORY = "show license rum id all", "show license history message"
_READ = ("show version", "show license all", RUM_TABLE)
_DIRECTORY = re.compile(r"Directory of ([a-z][a-z0-9-]*:)")
_FREE = re.compile(r"\(([0-9]{1,20}) bytes free\)")
_FILE = re.compile(r"^ *[0-9]+ +\S+ +([0-9]+) .* (\S+)$", re.MULTILINE)
_MD5 = re.compile(r"= ([0-9a-fA-F]{32})\s*$")


class Flash(NamedTuple):
    """The file system that a device writes to: its name, the bytes that are free, its files with their sizes."""

    name: str
    free: int
    files: dict[str, int]


class Console:
    """An open session; every line is in the audit log before it is sent. All methods raise an AccessError."""

    def __init__(self, target: Target, session: Conversation, trip: Trip) -> None:
        self.target, self._session, self._plan, self._audit = target, session, trip.plan, trip.audit
        self._known = trip.devices.by_name.get(target.name)

    def ask(self, line: str) -> str:
        """The device's answer to one line of the courier's list, without secrets."""
        return blank(self._asked(line), self._plan.secrets)

    def said(self, line: str) -> str:
        """The words of the answer alone, without log lines and the time that some devices print before each answer."""
        return "\n".join(one.text for one in printed(self.ask(line)).lines)

    def _asked(self, line: str) -> str:
        self._audit.write(self.target, sent=line)
        (answer,) = self._session.answers([line])
        return answer.text

    def refuses(self, answer: str) -> bool:
        """Whether an answer says that the device has no such command, or not for this user."""
        return refusal(answer, self.target.platform) is not None

    def read(self) -> Observation:
        """What the device says of itself. VisitRefused where it is another box than the known one, or its manager
        reports for it."""
        at, name = datetime.now(UTC), self.target.name
        captures = [capture(name, line, self.ask(line), at) for line in _READ]
        seen = observe(captures, self.target.platform, hostname=name, timezone=self.target.timezone)
        shown = {norm(udi.sn) for udi in seen.udis if udi.sn}
        before = {norm(udi.sn) for udi in self._known.udis if udi.sn} if self._known else set()
        if not shown:
            raise VisitRefused(
                "it shows no serial number", why="neither show version nor show license all could be read"
            )
        if before and not shown & before:
            why = f"it shows {', '.join(sorted(shown)).upper()}, known is {', '.join(sorted(before)).upper()}"
            raise VisitRefused("another box stands there", why=why, hint=f"licsweep sweep --limit {name}")
        if seen.operating_mode == "controller-managed":
            raise VisitRefused(
                "it is managed by a controller", why="which reports for it and has an offline mode of its own"
            )
        return seen

    def flash(self) -> Flash:
        """The file system that `dir` shows."""
        answer = self.ask("dir")
        name, free = _DIRECTORY.search(answer), _FREE.search(answer)
        if not name or not free:
            raise VisitRefused("its file system can't be read", why=f"dir says {answer.strip()[:100]!r}")
        return Flash(name[1], int(free[1]), {file: int(size) for size, file in _FILE.findall(answer)})

    def digest(self, path: str) -> str | None:
        """The MD5 that the device itself works out of a file; None where it has no `verify`, or no such file."""
        found = _MD5.search(self.ask(f"verify /md5 {path}"))
        return found[1].lower() if found else None

    def fetch(self, path: str) -> tuple[bytes, str]:
        """The bytes of a file, and what proves them. VisitRefused where they are not those of the device."""
        digest = self.digest(path)
        try:
            raw, how = self.copy(path, lambda copy: copy.fetch(path)), "fetched by SCP"
        except CopyRefused as error:
            return self._shown(path, digest, plain_reason(error))
        if digest and _md5(raw) != digest:
            raise VisitRefused("the copy is not the file", why=f"MD5 {_md5(raw)}, the device says {digest}")
        return raw, f"{how}; {'verify /md5 of the device agrees' if digest else 'the device has no verify /md5'}"

    def _shown(self, path: str, digest: str | None, no_scp: str) -> tuple[bytes, str]:
        """A file as `more` shows it: lines lost their ends, so that MD5 or the size must tell what they were."""
        text, name = self._asked(f"more {path}"), path.partition(":")[2]
        text = text[max(text.find("<"), 0) :]  # what some devices print before each answer
        forms = [form.encode() for form in (text, text.removesuffix("\n"), text.replace("\n", "\r\n"))]
        if digest:
            proven = [raw for raw in forms if _md5(raw) == digest]
            how = "read with more; verify /md5 of the device agrees"
        else:
            size = self.flash().files.get(name)
            proven = [raw for raw in forms if len(raw) == size]
            how = "unverified: read with more, only its size agrees"
        if not proven:
            raise VisitRefused("the file can't be fetched whole", why=f"more shows other bytes, and SCP: {no_scp}")
        return proven[0], how

    def put(self, path: str, raw: bytes) -> None:
        """Writes a file on the device and has the device work out its MD5."""
        self._audit.write(self.target, copied=path, sha256=hashlib.sha256(raw).hexdigest())
        self.copy(path, lambda copy: copy.put(path, raw))
        digest = self.digest(path)
        if digest and digest != _md5(raw):
            raise VisitRefused("the copy is not the file", why=f"the device says MD5 {digest}, it is {_md5(raw)}")

    def copy(self, path: str, act: Callable[[FileCopy], T]) -> T:
        """One copy, cut by the gate as the session is."""
        plan = self._plan
        login = plan.login_of(self.target)
        copy = FileCopy(login, plan.known_hosts, plan.limits, plan.jump_hosts, plan.gate.accounts)
        watched = plan.gate.watch(copy.abort, plan.limits.device, lambda: copy.waited)
        self._audit.write(self.target, sent=f"scp {path}")
        try:
            return act(copy)
        finally:
            plan.gate.unwatch(watched)


def _md5(raw: bytes) -> str:
    return hashlib.md5(raw, usedforsecurity=False).hexdigest()
