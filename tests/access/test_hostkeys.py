"""known_hosts: read once, looked up by OpenSSH's names, written whole."""

import base64
from pathlib import Path

import paramiko
import pytest

from licsweep.access.hostkeys import HostKey, KnownHosts, Scanned, key_type
from licsweep.errors import HostKeyChanged, HostKeyUnknown, InputError

FIRST, SECOND = (paramiko.ECDSAKey.generate() for _ in range(2))


def _line(name: str, key: paramiko.PKey) -> str:
    return f"{name} {key.get_name()} {key.get_base64()}\n"


def test_names_with_and_without_port(tmp_path: Path) -> None:
    path = tmp_path / "known_hosts"
    path.write_text("# kept\n" + _line("192.0.2.1", FIRST) + _line("[192.0.2.1]:2222", SECOND))
    known = KnownHosts(path)
    assert known.of("192.0.2.1", 22) == [HostKey.of(FIRST)]
    assert known.of("192.0.2.1", 2222) == [HostKey.of(SECOND)]
    assert known.of("192.0.2.2", 22) == []


def test_hashed_names_are_found_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "known_hosts"
    path.write_text(_line(paramiko.HostKeys.hash_host("192.0.2.1"), FIRST))
    known = KnownHosts(path)
    assert known.of("192.0.2.1", 22) == [HostKey.of(FIRST)]
    known.accept([Scanned(name="b", address="192.0.2.2", port=22, key=SECOND, state="new")])
    again = KnownHosts(path)
    assert again.of("192.0.2.1", 22) == [HostKey.of(FIRST)]
    assert again.of("192.0.2.2", 22) == [HostKey.of(SECOND)]


def test_accept_replaces_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "known_hosts"
    path.write_text("# kept\n" + _line("192.0.2.1", FIRST))
    KnownHosts(path).accept([Scanned(name="a", address="192.0.2.1", port=22, key=SECOND, state="changed")])
    assert KnownHosts(path).of("192.0.2.1", 22) == [HostKey.of(SECOND)]
    assert path.read_text().startswith("# kept")
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("line", ["192.0.2.1 ssh-ed25519 not-base64!", "192.0.2.1"])
def test_a_broken_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "known_hosts"
    path.write_text(_line("192.0.2.9", FIRST) + line + "\n")
    with pytest.raises(InputError, match="known_hosts:2"):
        KnownHosts(path)


THIRD = paramiko.RSAKey.generate(2048)
DSS = "ssh-dss " + base64.b64encode(b"\0\0\0\x07ssh-dss" + bytes(9)).decode()
SK = "sk-ssh-ed25519@openssh.com " + base64.b64encode(b"\0\0\0\x1ask-ssh-ed25519@openssh.com" + bytes(9)).decode()


def known_hosts(tmp_path: Path, text: str) -> KnownHosts:
    path = tmp_path / "known_hosts"
    path.write_text(text)
    return KnownHosts(path)


def accept(known: KnownHosts, address: str, key: paramiko.PKey) -> str:
    known.accept([Scanned(name="a", address=address, port=22, key=key, state="changed")])
    return known.path.read_text()


def test_a_revoked_key_is_refused_though_it_is_known(tmp_path: Path) -> None:
    known = known_hosts(tmp_path, _line("192.0.2.1", FIRST) + _line("@revoked *", FIRST) + _line("192.0.2.2", SECOND))
    assert known.state("192.0.2.1", 22, FIRST) == "revoked"
    assert known.state("192.0.2.2", 22, SECOND) == "known"
    with pytest.raises(HostKeyChanged, match="revoked"):
        known.check("192.0.2.1", 22, FIRST)


def test_the_key_of_an_authority_is_no_key_of_a_host(tmp_path: Path) -> None:
    known = known_hosts(tmp_path, _line("@cert-authority *.example,192.0.2.*", FIRST))
    assert known.state("192.0.2.1", 22, FIRST) == "new"
    with pytest.raises(HostKeyUnknown) as caught:
        known.check("192.0.2.1", 22, FIRST)
    assert "certificates are not read" in caught.value.why


def test_each_of_several_keys_is_known_and_their_types_are_asked_for_first(tmp_path: Path) -> None:
    known = known_hosts(tmp_path, "".join(_line("r1,192.0.2.1", key) for key in (FIRST, SECOND, THIRD)))
    assert [known.state("192.0.2.1", 22, key) for key in (FIRST, SECOND, THIRD)] == ["known"] * 3
    assert known.types("R1", 22) == {FIRST.get_name(), "ssh-rsa"}
    assert key_type("rsa-sha2-512") == key_type("rsa-sha2-256") == key_type("ssh-rsa") == "ssh-rsa"
    assert known.state("192.0.2.1", 22, paramiko.ECDSAKey.generate()) == "changed"


def test_types_that_nobody_here_can_use_are_lines_like_others(tmp_path: Path) -> None:
    text = f"192.0.2.1 {DSS}\n192.0.2.2 {SK} of a token\n"
    known = known_hosts(tmp_path, text)
    assert [known.state(f"192.0.2.{n}", 22, FIRST) for n in (1, 2, 3)] == ["changed", "changed", "new"]
    assert accept(known, "192.0.2.3", FIRST) == f"192.0.2.1 {DSS}\n192.0.2.2 {SK} of a token\n" + _line(
        "192.0.2.3", FIRST
    )


@pytest.mark.parametrize(
    ("names", "known"),
    [("192.0.2.*", True), ("192.0.2.?", True), ("192.0.2.*,!192.0.2.1", False), ("192.0.3.*", False)],
)
def test_patterns(tmp_path: Path, names: str, known: bool) -> None:
    assert (known_hosts(tmp_path, _line(names, FIRST)).state("192.0.2.1", 22, FIRST) == "known") is known


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# why\n\n192.0.2.1 FIRST rack 4\n192.0.2.9 FIRST\n", "# why\n\n192.0.2.1 SECOND rack 4\n192.0.2.9 FIRST\n"),
        ("192.0.2.1,192.0.2.2 FIRST both\n", "192.0.2.2 FIRST both\n192.0.2.1 SECOND\n"),
        ("192.0.2.* FIRST\n", "192.0.2.*,!192.0.2.1 FIRST\n192.0.2.1 SECOND\n"),
        ("192.0.2.1 FIRST\n192.0.2.1 THIRD\n", "192.0.2.1 SECOND\n"),
        ("@revoked * FIRST\n192.0.2.1 FIRST\n", "@revoked * FIRST\n192.0.2.1 SECOND\n"),
    ],
)
def test_a_changed_key_takes_the_place_of_the_old_one_and_nothing_else(tmp_path: Path, before: str, after: str) -> None:
    def full(text: str) -> str:
        for name, key in {"FIRST": FIRST, "SECOND": SECOND, "THIRD": THIRD}.items():
            text = text.replace(name, f"{key.get_name()} {key.get_base64()}")
        return text

    known = known_hosts(tmp_path, full(before))
    assert accept(known, "192.0.2.1", SECOND) == full(after)
    assert KnownHosts(known.path).state("192.0.2.1", 22, SECOND) == "known"


def test_a_changed_key_of_a_hashed_name_takes_effect_and_a_link_stays(tmp_path: Path) -> None:
    hashed = paramiko.HostKeys.hash_host("192.0.2.1")
    (tmp_path / "real").write_text(_line(hashed, FIRST))
    (tmp_path / "known_hosts").symlink_to("real")
    text = accept(KnownHosts(tmp_path / "known_hosts"), "192.0.2.1", SECOND)
    assert text == _line(hashed, SECOND)
    assert (tmp_path / "known_hosts").is_symlink()
    assert KnownHosts(tmp_path / "real").state("192.0.2.1", 22, FIRST) == "changed"
