"""Host keys: strict by default, one known_hosts file of the project in OpenSSH's format, one look-up for all who ask.

The file is read once. Writing is done by one verb, whole and atomically; lines that are not about the accepted hosts
stay as they are, comments, hashed names and keys of unknown types included.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from licsweep import files
from licsweep.access.login import SSH_PORT
from licsweep.errors import HostKeyChanged, HostKeyUnknown, InputError

if TYPE_CHECKING:
    import paramiko

KeyState = Literal["known", "new", "changed", "revoked"]
REVOKED, AUTHORITY = "@revoked", "@cert-authority"
_LINE = re.compile(
    rf"\s*(?:(?P<marker>{REVOKED}|{AUTHORITY})\s+)?(?P<names>[^\s@]\S*)\s+(?P<type>\S+)\s+(?P<blob>\S+)(?:\s+(?P<comment>.*))?"
)


def entry_name(address: str, port: int) -> str:
    """The name that OpenSSH's known_hosts uses: `address`, or `[address]:port`."""
    return address.lower() if port == SSH_PORT else f"[{address.lower()}]:{port}"


def key_type(algorithm: str) -> str:
    """The type of key that a host key algorithm uses: `rsa-sha2-512` signs with an `ssh-rsa` key."""
    return "ssh-rsa" if algorithm.startswith("rsa-sha2-") else algorithm


@dataclass(frozen=True, slots=True)
class HostKey:
    """A host key as the file says it, also of a type that nobody here can use; `blob` is base64."""

    type: str
    blob: str

    @property
    def fingerprint(self) -> str:
        digest = hashlib.sha256(base64.b64decode(self.blob)).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")

    @classmethod
    def of(cls, key: "paramiko.PKey") -> "HostKey":
        return cls(key.get_name(), key.get_base64())

    def __str__(self) -> str:
        return f"{self.type} {self.fingerprint}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """A line of the file; one without a key (a comment, an empty line) has no names."""

    text: str
    marker: str = ""
    names: tuple[str, ...] = ()
    key: HostKey = HostKey("", "")
    comment: str = ""

    def is_about(self, name: str) -> bool:
        """OpenSSH's rules: one of the names or patterns fits, and none with `!` before it does."""
        fits = [one for one in self.names if _fits(one.removeprefix("!"), name)]
        return bool(fits) and not any(one.startswith("!") for one in fits)

    @property
    def plain(self) -> bool:
        """Whether its names are compared as they are: no hash, no pattern."""
        return not any(one.startswith(("|", "!")) or "*" in one or "?" in one for one in self.names)

    def changed(self, **parts: Any) -> "_Line":
        """The line with other names or another key, its comment kept."""
        line = replace(self, **parts)
        words = (line.marker, ",".join(line.names), line.key.type, line.key.blob, line.comment)
        return replace(line, text=" ".join(word for word in words if word))


def _fits(pattern: str, name: str) -> bool:
    if pattern.startswith("|1|"):
        salt, _, digest = pattern[3:].partition("|")
        try:
            hashed = hmac.digest(base64.b64decode(salt), name.encode(), "sha1")
            return hmac.compare_digest(hashed, base64.b64decode(digest))
        except binascii.Error:
            return False
    if "*" not in pattern and "?" not in pattern:
        return pattern.lower() == name
    return bool(re.fullmatch(re.escape(pattern.lower()).replace(r"\*", ".*").replace(r"\?", "."), name))


class KnownHosts:
    """The keys of a known_hosts file, read once and then only looked up (safe from every thread).

    Raises InputError that names the line which is none.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        text = files.read(path).text if files.present(path) else ""
        self._keep([self._read(line, number) for number, line in enumerate(text.splitlines(), 1)])

    def _keep(self, lines: list[_Line]) -> None:
        self._lines = lines
        self._plain: dict[str, list[_Line]] = {}
        self._others: list[_Line] = []
        for line in lines:
            if line.plain:
                for name in line.names:
                    self._plain.setdefault(name.lower(), []).append(line)
            elif line.names:
                self._others.append(line)

    def _read(self, text: str, number: int) -> _Line:
        if not text.strip() or text.lstrip().startswith("#"):
            return _Line(text=text)
        found = _LINE.fullmatch(text)
        if not found or not _is_key(found["type"], found["blob"]):
            raise InputError(f"{self.path}:{number}: not a host key", why="host name, key type and key are expected")
        marker, names, type_, blob, comment = found.groups("")
        return _Line(text=text, marker=marker, names=tuple(names.split(",")), key=HostKey(type_, blob), comment=comment)

    def _about(self, address: str, port: int) -> Iterator[_Line]:
        name = entry_name(address, port)
        yield from self._plain.get(name, ())
        yield from (line for line in self._others if line.is_about(name))

    def of(self, address: str, port: int) -> list[HostKey]:
        """The known keys of one host; empty when it is unknown."""
        return [line.key for line in self._about(address, port) if not line.marker]

    def types(self, address: str, port: int) -> frozenset[str]:
        """The types of those keys, which a client asks for first."""
        return frozenset(key.type for key in self.of(address, port))

    def state(self, address: str, port: int, key: "paramiko.PKey") -> KeyState:
        """What is known of a key that a host shows."""
        shown, known = HostKey.of(key), self.of(address, port)
        if any(line.marker == REVOKED and line.key == shown for line in self._about(address, port)):
            return "revoked"
        return ("known" if shown in known else "changed") if known else "new"

    def check(self, address: str, port: int, key: "paramiko.PKey") -> None:
        """Passes for a known key. Raises HostKeyUnknown or HostKeyChanged."""
        state = self.state(address, port, key)
        if state == "known":
            return
        shown = HostKey.of(key)
        if state == "new":
            signed = any(line.marker == AUTHORITY for line in self._about(address, port))
            note = "; a certificate authority is known for it, but certificates are not read" if signed else ""
            what = f"host key of {entry_name(address, port)} is not known"
            raise HostKeyUnknown(what, why=f"it shows {shown}{note}", hint="licsweep known-hosts scan")
        what, why = "the host key is revoked", f"it shows {shown}"
        if state == "changed":
            what, why = "the host key has changed", f"{why}, known is {', '.join(map(str, self.of(address, port)))}"
        raise HostKeyChanged(what, why=why, hint="find out why, then: licsweep known-hosts scan")

    def entries(self) -> list[tuple[str, HostKey]]:
        """Every name with its key, by name; hashed names as they stand in the file."""
        found = [(name, line.key) for line in self._lines if not line.marker for name in line.names]
        return sorted(found, key=lambda entry: entry[0])

    def accept(self, found: Iterable["Scanned"]) -> None:
        """Puts the keys in place of what was known of their hosts and writes the file, mode 0600. A link stays one."""
        wanted = {entry_name(one.address, one.port): HostKey.of(one.key) for one in found}
        lines = list(_accepted(self._lines, wanted))
        files.write(self.path, "".join(line.text + "\n" for line in lines))
        self._keep(lines)


def _accepted(lines: Iterable[_Line], wanted: Mapping[str, HostKey]) -> Iterator[_Line]:
    """The lines with the wanted keys as the only ones of their names: in the place of the old one, else at the end."""
    placed = set()
    for line in lines:
        candidates = [one.lower() for one in line.names] if line.plain else wanted
        about = [name for name in candidates if not line.marker and name in wanted and line.is_about(name)]
        own = {one for name in about for one in line.names if _fits(one, name)}
        rest = tuple(one for one in line.names if one not in own)
        if not about:
            yield line
        elif any("*" in one or "?" in one for one in own):
            yield line.changed(names=(*line.names, *(f"!{name}" for name in about)))
        elif rest:  # other hosts share the line
            yield line.changed(names=rest)
        elif len(about) == 1 and about[0] not in placed:
            placed.add(about[0])
            yield line.changed(key=wanted[about[0]])
    for name, key in wanted.items():
        if name not in placed:
            yield _Line(text="").changed(names=(name,), key=key)


def _is_key(type_: str, blob: str) -> bool:
    """Whether it is base64 that begins with its own type."""
    try:
        raw = base64.b64decode(blob, validate=True)
    except (binascii.Error, ValueError):
        return False
    return raw[4:].startswith(type_.encode()) and int.from_bytes(raw[:4]) == len(type_.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """A host and the key that it shows now; `state` compares it with what is known."""

    name: str
    address: str
    port: int
    key: "paramiko.PKey"
    state: KeyState
