"""Host keys: strict by default, one known_hosts file of the project, safe with many threads.

paramiko's own add-and-save rewrites the whole file from every thread; here the file is read once, each
client gets the entries of its own host, and writing is done by one verb, whole and atomically.
"""

import socket
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import paramiko
from paramiko.hostkeys import HostKeyEntry, InvalidHostKey

from licsweep import files
from licsweep.access.login import SSH_PORT
from licsweep.errors import InputError, LicsweepError, Unreachable


def entry_name(address: str, port: int) -> str:
    """The name that OpenSSH's known_hosts uses: `address`, or `[address]:port`."""
    return address if port == SSH_PORT else f"[{address}]:{port}"


class KnownHosts:
    """The keys of a known_hosts file, read once and then only looked up (safe from every thread)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._keys: dict[str, list[paramiko.PKey]] = {}
        self._hashed = paramiko.HostKeys()
        self._other_lines: list[str] = []
        if files.present(path):
            for number, line in enumerate(files.read(path).text.splitlines(), 1):
                self._take(line, number)

    def _take(self, line: str, number: int) -> None:
        if not line.strip() or line.startswith(("#", "@")):
            self._other_lines.append(line)
            return
        try:
            entry = HostKeyEntry.from_line(line, number)
        except InvalidHostKey:
            entry = None
        if entry is None or entry.key is None or not entry.hostnames:
            raise InputError(f"{self.path}:{number}: not a host key", why="host name, key type and key are expected")
        for name in entry.hostnames:
            if name.startswith("|1|"):
                self._hashed.add(name, entry.key.get_name(), entry.key)
                self._other_lines.append(line)
            else:
                self._keys.setdefault(name, []).append(entry.key)

    def of(self, address: str, port: int) -> list[paramiko.PKey]:
        """The known keys of one host; empty when it is unknown."""
        name = entry_name(address, port)
        hashed = self._hashed.lookup(name)
        return [*self._keys.get(name, []), *(hashed.values() if hashed else ())]

    def entries(self) -> list[tuple[str, paramiko.PKey]]:
        """Every name with its key, by name; hashed names as they stand in the file."""
        plain = [(name, key) for name, keys in self._keys.items() for key in keys]
        hashed = [(name, key) for name in self._hashed for key in self._hashed[name].values()]
        return sorted([*plain, *hashed], key=lambda entry: entry[0])

    def accept(self, found: Iterable["Scanned"]) -> None:
        """Puts the keys in place of what was known of their hosts and writes the file whole, mode 0600."""
        for one in found:
            self._keys[entry_name(one.address, one.port)] = [one.key]
        lines = [*self._other_lines]
        for name, keys in sorted(self._keys.items()):
            lines += [f"{name} {key.get_name()} {key.get_base64()}" for key in keys]
        files.write(self.path, "\n".join(lines) + "\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """A host and the key that it shows now; `state` compares it with what is known."""

    name: str
    address: str
    port: int
    key: paramiko.PKey
    state: str


def scan(name: str, address: str, port: int, known: KnownHosts, timeout: float) -> Scanned | LicsweepError:
    """Asks a host for its key, without logging in. A failure is returned, not raised: a scan goes over many hosts."""
    try:
        with socket.create_connection((address, port), timeout=timeout) as sock:
            transport = paramiko.Transport(sock)
            try:
                mine = known.of(address, port)
                if mine:  # ask for the type that is known, as a client would
                    options = transport.get_security_options()
                    types = [key.get_name() for key in mine]
                    options.key_types = sorted(options.key_types, key=lambda t: t not in types)
                transport.start_client(timeout=timeout)
                key = transport.get_remote_server_key()
            finally:
                transport.close()
    except (OSError, paramiko.SSHException, EOFError) as error:
        return Unreachable(f"{name}: no host key", why=str(error) or type(error).__name__)
    state = ("known" if key in mine else "changed") if mine else "new"
    return Scanned(name=name, address=address, port=port, key=key, state=state)
