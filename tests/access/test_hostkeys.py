"""known_hosts: read once, looked up by OpenSSH's names, written whole."""

from pathlib import Path

import paramiko
import pytest

from licsweep.access.hostkeys import KnownHosts, Scanned
from licsweep.errors import InputError

FIRST, SECOND = (paramiko.ECDSAKey.generate() for _ in range(2))


def _line(name: str, key: paramiko.PKey) -> str:
    return f"{name} {key.get_name()} {key.get_base64()}\n"


def test_names_with_and_without_port(tmp_path: Path) -> None:
    path = tmp_path / "known_hosts"
    path.write_text("# kept\n" + _line("192.0.2.1", FIRST) + _line("[192.0.2.1]:2222", SECOND))
    known = KnownHosts(path)
    assert known.of("192.0.2.1", 22) == [FIRST]
    assert known.of("192.0.2.1", 2222) == [SECOND]
    assert known.of("192.0.2.2", 22) == []


def test_hashed_names_are_found_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "known_hosts"
    path.write_text(_line(paramiko.HostKeys.hash_host("192.0.2.1"), FIRST))
    known = KnownHosts(path)
    assert known.of("192.0.2.1", 22) == [FIRST]
    known.accept([Scanned(name="b", address="192.0.2.2", port=22, key=SECOND, state="new")])
    again = KnownHosts(path)
    assert again.of("192.0.2.1", 22) == [FIRST]
    assert again.of("192.0.2.2", 22) == [SECOND]


def test_accept_replaces_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "known_hosts"
    path.write_text("# kept\n" + _line("192.0.2.1", FIRST))
    KnownHosts(path).accept([Scanned(name="a", address="192.0.2.1", port=22, key=SECOND, state="changed")])
    assert KnownHosts(path).of("192.0.2.1", 22) == [SECOND]
    assert path.read_text().startswith("# kept")
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("line", ["192.0.2.1 ssh-ed25519 not-base64!", "192.0.2.1"])
def test_a_broken_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "known_hosts"
    path.write_text(_line("192.0.2.9", FIRST) + line + "\n")
    with pytest.raises(InputError, match="known_hosts:2"):
        KnownHosts(path)
