"""Every verb opens files through licsweep/files.py: what is no regular file, too large or elsewhere is refused."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from licsweep import files
from licsweep.errors import InputError
from tests.cli.conftest import ROOT, licsweep


def pipe(path: Path) -> None:
    os.mkfifo(path)


def folder(path: Path) -> None:
    path.mkdir()


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def dangling(path: Path) -> None:
    path.symlink_to(path.with_name("nowhere"))


def loop(path: Path) -> None:
    path.symlink_to(path.name)


def listening(path: Path) -> None:
    place = Path.cwd()
    os.chdir(path.parent)  # a socket's name must be short
    try:
        socket.socket(socket.AF_UNIX).bind(path.name)
    finally:
        os.chdir(place)


STRANGE = (pipe, folder, device, dangling, loop, listening)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("make", STRANGE)
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "f")
    with pytest.raises(InputError, match="^" + str(tmp_path / "f")) as caught:
        files.read(tmp_path / "f")
    assert caught.value.why


VERBS = {
    "settings": ("licsweep.toml", ["config"]),
    "inventory": ("inventory/hosts.yaml", ["hosts"]),
    "groups": ("inventory/groups.yaml", ["hosts"]),
    "selection": ("names", ["hosts", "--limit", "@names"]),
    "known hosts": ("known_hosts", ["known-hosts", "list"]),
    "table": ("waivers.yaml", ["reconcile"]),
    "import": ("bought.csv", ["entitlements", "import", "bought.csv"]),
    "observations": ("seen.json", ["ingest", "--observations", "seen.json"]),
    "text": ("acc-01/show_version.txt", ["ingest", "acc-01/show_version.txt"]),
    "parse": ("out.txt", ["parse", "out.txt", "--platform", "cisco_xe"]),
    "key": ("id_rsa", ["sweep"]),
    "credentials": ("words.toml", ["sweep"]),
}


@pytest.mark.parametrize("name", VERBS)
@pytest.mark.parametrize("make", [pipe, device, dangling])
def test_every_verb_tells_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, make: Callable[[Path], None]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    assert licsweep("init", "x").code == 0
    (tmp_path / "x").rename(tmp_path / "p")
    monkeypatch.chdir(tmp_path / "p")
    settings = {"key": 'ssh_key = "id_rsa"\n', "credentials": 'credentials = "file"\ncredentials_file = "words.toml"\n'}
    if name in settings:
        Path("licsweep.toml").write_text(settings[name])
    where, verb = VERBS[name]
    path = Path(where)
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    if name == "table":
        licsweep("ingest", ROOT / "fixtures" / "cisco_xe" / "show_version" / "c9300_17.9", "--project", ".")
    make(path)
    done = licsweep(*verb, LICSWEEP_USERNAME="ann")
    assert done.code == 2, done
    assert path.name in done.err.splitlines()[0]


def test_a_limit_is_told(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"x" * 2049)
    assert len(files.read(path, 2049).raw) == 2049
    with pytest.raises(InputError, match="larger than 2 KiB"):
        files.read(path, 2048)


def test_a_file_of_no_stated_size_is_read() -> None:
    """The size that the system states is never believed: it is 0 here."""
    assert b"licsweep" in files.read(Path("/proc/self/cmdline")).raw or files.read(Path("/proc/self/status")).raw


def test_a_named_file_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("x")
    (tmp_path / "link").symlink_to("real")
    assert files.read(tmp_path / "link").text == "x"


def test_a_found_file_stays_in_its_folder(tmp_path: Path) -> None:
    inside = tmp_path / "in"
    (inside / "deep").mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("x")
    (inside / "deep" / "own.txt").write_text("own")
    (inside / "near.txt").symlink_to("deep/own.txt")
    (inside / "far.txt").symlink_to(tmp_path / "secret.txt")
    (inside / "up.txt").symlink_to("../secret.txt")
    assert files.read(inside / "near.txt", found_in=inside).text == "own"
    for name in ("far.txt", "up.txt"):
        with pytest.raises(InputError, match="a link out of"):
            files.read(inside / name, found_in=inside)


def test_the_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "f.txt").write_text("x")
    (tmp_path / "link").symlink_to("real")
    assert files.read(tmp_path / "link" / "f.txt", found_in=tmp_path / "link").text == "x"


def test_a_time_that_python_does_not_know() -> None:
    assert files._moment(2.0**40).year == 9999
    assert files._moment(-1e12).year == 1970


def test_nothing_else_opens_a_file() -> None:
    """Only files.py opens files by name; shipped data goes through importlib.resources."""
    import re

    opening = re.compile(
        r"\.(?:read_bytes|write_bytes|write_text)\(|(?<!def )(?<![\w.])open\(|\.open\([\"']|\bmkstemp\b"
    )
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for package in ("licsweep", "collectors", "reconcile")
        for path in (ROOT / package).rglob("*.py")
        if path.name != "files.py"
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if opening.search(line.partition("  #")[0])
    ]
    assert found == []
