"""Sites without a line: what they sign comes to the centre whole, or not at all, and once."""

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import zipfile
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from licsweep import errors, store
from licsweep.courier.contents import Contents
from licsweep.jobs import judge, site_files, sites
from licsweep.jobs.record import words_of_store
from licsweep.ledger_types import KeptFile, LedgerEntry
from licsweep.model import Udi
from licsweep.settings import Project, load
from licsweep.store import reading, writing
from licsweep.store import snapshots as stored
from tests.store.conftest import ONE, capture, raw, result, save

NOW = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
TABLES = ("snapshot", "host_result", "courier_file", "courier_parcel", "courier_entry")


@pytest.fixture(scope="session")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site's private key, and a stranger's beside it."""
    if not shutil.which("ssh-keygen"):
        pytest.skip("no ssh-keygen here")
    folder = tmp_path_factory.mktemp("keys")
    for name in ("emea", "stranger"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    return folder / "emea"


@pytest.fixture
def site(tmp_path: Path) -> Project:
    """A site with two nights: a host with texts and another, one that is down, texts read again; a usage file."""
    (tmp_path / "site").mkdir()
    made = load(tmp_path / "site", environment={})
    sha256 = Contents(made.folder).keep(b"<usage/>")
    kept = KeptFile(sha256=sha256, kind="usage", name="a.txt", size=8, kept_at=NOW, origin="by hand")
    entry = LedgerEntry(step="collected", pid="C9300", sn="FOC0000X001", report_id="1", at=NOW, sha256=sha256)
    with writing(made, "test") as site_store:
        for night in (2, 1):
            at = NOW - timedelta(days=night)
            number = site_store.begin("sweep", "all hosts", 2, at)
            texts = (capture("Count: 2\n" * 100 + str(night)),)
            site_store.save_host(number, result("a", at, captures=texts), result("down", at, "unreachable"))
            site_store.end(number, "complete", at)
        save(site_store, "b", NOW, licenses=ONE, udis=(Udi(pid="C9300", sn="FOC0000X001"),))
        again = site_store.begin("reparse", "all hosts", 1, NOW)
        site_store.save_host(again, result("a", NOW, captured_in=2))
        site_store.end(again, "complete", NOW)
        site_store.record_courier(files=[kept], entries=[entry])
    return made


@pytest.fixture
def centre(project: Project, key: Path) -> Project:
    """A centre that knows the site's key, on either database."""
    public = key.with_suffix(".pub").read_text()
    (project.folder / "allowed_signers").write_text(f'emea namespaces="licsweep-site" {public}')
    return project


def exported(site: Project, key: Path, *numbers: int, name: str = "emea") -> Path:
    path = site.folder.parent / "emea.zip"
    sites.export(site, numbers or (1, 2, 3, 4), path, site=name, key=key)
    return path


def rows(project: Project) -> list[object]:
    return [raw(project, f"SELECT * FROM {table} ORDER BY 1, 2") for table in TABLES] if store.exists(project) else []


def test_a_site_comes_whole_and_once(site: Project, centre: Project, key: Path) -> None:
    with writing(centre, "test") as own:
        save(own, "here", NOW, licenses=ONE)
    first = exported(site, key, 1)
    assert [one.id for one in sites.import_file(centre, first)[0]] == [2]
    path = exported(site, key)
    found, new = sites.import_file(centre, path)
    assert ([one.id for one in found], new) == ([2, 3, 4, 5], 3)
    assert {(one.origin, one.imported_at is not None) for one in found} == {("emea", True)}
    with reading(centre) as ours, reading(site) as theirs:
        for number, one in enumerate(found, 1):
            assert [*map(sites._told, sites._results(ours, one.id))] == [
                *map(sites._told, sites._results(theirs, number))
            ]
        seen = {state.hostname: state for state in ours.host_states(as_of=NOW)}
        assert {name: state.outcome for name, state in seen.items()} == {
            "a": "ok",
            "b": "ok",
            "down": "unreachable",
            "here": "ok",
        }
        assert seen["b"].observation == theirs.host_states(as_of=NOW, hostname="b")[0].observation
        assert ours.courier_ledger() == theirs.courier_ledger()
        assert ours.captured_in() == {"a": 3}
        assert ("word", "emea") in words_of_store(centre), "support and record leave it out"
        [state] = ours.sites(NOW)
        assert (state.site, state.hosts, state.last_at) == ("emea", 3, NOW)
        assert [Contents(centre.folder).read(sha256) for sha256 in ours.courier_ledger().files] == [b"<usage/>"]
    before = rows(centre)
    assert sites.import_file(centre, path)[1] == sites.import_file(centre, first)[1] == 0
    assert rows(centre) == before


def test_a_file_that_differs_in_a_byte_is_refused(site: Project, centre: Project, key: Path) -> None:
    content = bytearray(exported(site, key, 3).read_bytes())
    changed = site.folder / "changed.zip"
    step = 1 if os.environ.get("LICSWEEP_FUZZ") else 101
    tail = range(len(content) - 420, len(content), 20)  # where the comment begins, and the signature
    for at in [*range(0, len(content), step), *tail]:
        content[at] ^= 1
        changed.write_bytes(content)
        with pytest.raises(errors.InputError):
            sites.import_file(centre, changed)
        content[at] ^= 1
    for whole in (content[:-1], content + b"\n", content[:200], b""):
        changed.write_bytes(whole)
        with pytest.raises(errors.InputError):
            sites.import_file(centre, changed)
    assert not any(rows(centre))
    assert not (centre.folder / "courier").exists()
    changed.write_bytes(content)
    assert sites.import_file(centre, changed)[1] == 1


def test_only_a_known_key_speaks_for_a_site(site: Project, centre: Project, key: Path) -> None:
    signers = centre.folder / "allowed_signers"
    for other, why in (
        (exported(site, key.with_name("stranger")), "signed with the key SHA256:"),
        (exported(site, key, name="apac"), "does not allow apac today"),
    ):
        with pytest.raises(errors.InputError) as caught:
            sites.import_file(centre, other)
        assert why in caught.value.why
    path, known = exported(site, key), signers.read_text()
    for options in ('namespaces="git"', 'valid-before="20200101"'):
        signers.write_text(known.replace('namespaces="licsweep-site"', options))
        with pytest.raises(errors.InputError, match="not from emea"):
            sites.import_file(centre, path)
    signers.unlink()
    with pytest.raises(errors.InputError, match="no site is known here"):
        sites.import_file(centre, path)
    assert not any(rows(centre))
    signers.write_text(known)
    assert sites.import_file(centre, path)[1] == 4


def test_a_stranger_is_refused_where_exit_codes_are_lost(site: Project, centre: Project, key: Path) -> None:
    """Python takes a program's exit code for 0 in a process that ignores SIGCHLD."""
    stranger = exported(site, key.with_name("stranger"))
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        assert subprocess.run(["false"], check=False).returncode == 0, "negative control"
        with pytest.raises(errors.InputError, match="not from emea"):
            sites.import_file(centre, stranger)
    finally:
        signal.signal(signal.SIGCHLD, before)


def test_a_snapshot_of_one_name_with_other_content(site: Project, centre: Project, key: Path) -> None:
    sites.import_file(centre, exported(site, key))
    raw(site, "UPDATE host_result SET status = 'refused' WHERE hostname = 'down' AND snapshot_id = 2")
    path, before = exported(site, key), rows(centre)
    with pytest.raises(errors.InputError, match="is another one here"):
        sites.import_file(centre, path)
    assert rows(centre) == before


def _set(*path: str | int, to: object) -> Callable[[Any], None]:
    """What sets the value at a path of a document."""

    def change(document: Any) -> None:
        for part in path[:-1]:
            document = document[part]
        document[path[-1]] = to

    return change


UP = "../../escaped"
SHA256 = hashlib.sha256(b"<usage/>").hexdigest()
PARCEL: dict[str, Any] = {"id": "p", "virtual_account": "va", "smart_account": None, "form": "files", "packed_by": "me"}
PARCEL |= {"packed_at": "2026-11-24T12:00:00Z", "files": [{"name": "a.txt", "sha256": SHA256, "hostname": "b"}]}


@pytest.mark.parametrize(
    ("of", "change", "told"),
    [
        ("manifest", _set("snapshots", 0, "state", to="pruned"), "contradicts itself"),
        ("manifest", _set("snapshots", 0, "state", to="running"), "contradicts itself"),
        ("manifest", _set("snapshots", 0, "selected", to=10**30), "contradicts itself"),
        ("manifest", _set("snapshots", 0, "uid", to=None), "contradicts itself"),
        ("manifest", _set("snapshots", 0, "ended_at", to="2999-01-01T00:00:00Z"), "is in the future"),
        ("manifest", _set("snapshots", 0, "outcomes", to={"ok": 2}), "not whole"),
        ("manifest", lambda made: made["snapshots"].append(made["snapshots"][0]), "contradicts itself"),
        ("manifest", _set("of_a_newer_release", to=1), "of_a_newer_release: is no known key"),
        ("manifest", _set("ledger", "parcels", "p", to=PARCEL | {"id": UP}), "id: is not the name of a file"),
        ("manifest", _set("ledger", "parcels", "q", to=PARCEL), "contradicts itself"),
        ("manifest", _set("ledger", "parcels", "p", "files", 0, "name", to=UP), "name: is not the name of a file"),
        ("manifest", _set("ledger", "parcels", "p", "files", 0, "sha256", to="0"), "contradicts itself"),
        ("manifest", _set("ledger", "files", SHA256, "size", to=3 * 10**9), "not as its ledger has it"),
        ("manifest", _set("ledger", "files", SHA256, "sha256", to=UP), "contradicts itself"),
        ("results", lambda made: made.append(made[0]), "stands there twice"),
        ("results", lambda made: made.pop(), "not whole"),
        ("results", _set(0, "outcome", "hostname", to="a\x1b[31m"), "not the name of a host"),
        ("results", _set(0, "observation", "hostname", to="other"), "not the name of a host"),
        ("results", _set(0, "observation", "captured_at", to="2999-01-01T00:00:00Z"), "is in the future"),
        ("results", _set(0, "observation", "licenses", 0, "count", to=-1), "count -1"),
        ("results", _set(0, "tried_at", to="0001-01-01T00:00:00+23:00"), "tried_at: is not in the years 1 to 9999"),
        ("results", _set(0, "of_a_newer_release", to=1), "of_a_newer_release: is no known key"),
        ("results", _set(0, "tried_at", to="2026-11-24T12:00:00"), None),
        ("usage", lambda made: made.clear(), "is missing"),
    ],
)
def test_what_no_export_writes_is_refused_under_any_signature(
    site: Project, centre: Project, key: Path, of: str, change: Callable[[Any], None], told: str | None
) -> None:
    path = exported(site, key, 3)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()[:-1]}
    [results] = [name for name in members if name.endswith(".jsonl")]
    made = {"manifest": json.loads(members["manifest.json"]), "results": [json.loads(members[results])]}
    made["usage"] = {f"{SHA256}.txt": members[f"{SHA256}.txt"]}
    made["manifest"]["ledger"]["parcels"]["p"] = deepcopy(PARCEL)
    change(made[of])
    lines = "".join(json.dumps(one) + "\n" for one in made["results"])
    changed = (
        ("manifest.json", json.dumps(made["manifest"]).encode()),
        *made["usage"].items(),
        (results, lines.encode()),
    )
    site_files.write(path, "emea", key, changed)
    if told is None:
        assert sites.import_file(centre, path)[1] == 1, "negative control"
        return
    with pytest.raises(errors.InputError, match=re.escape(told)):
        sites.import_file(centre, path)
    assert not any(rows(centre))


def test_two_boxes_of_one_name(site: Project, centre: Project, key: Path) -> None:
    path = exported(site, key, 3)
    with writing(centre, "test") as own:
        save(own, "b", NOW, licenses=ONE, udis=(Udi(pid="C9300", sn="FOC0000X999"),))
    with pytest.raises(errors.InputError, match="two boxes of one name") as caught:
        sites.import_file(centre, path)
    assert caught.value.why == "FOC0000X001 at emea, FOC0000X999 here"
    with writing(centre, "test") as own:
        save(own, "b", NOW + timedelta(minutes=1), licenses=ONE, udis=(Udi(sn="FOC0000X001"),))
    assert sites.import_file(centre, path)[1] == 1, "one box that both reach"


def test_what_was_read_again_needs_its_texts(site: Project, centre: Project, key: Path) -> None:
    with pytest.raises(errors.InputError, match="its snapshot is missing"):
        sites.import_file(centre, exported(site, key, 4))
    sites.import_file(centre, exported(site, key, 2))
    assert sites.import_file(centre, exported(site, key, 4))[1] == 1


def test_a_killed_import_leaves_nothing(
    site: Project, centre: Project, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = exported(site, key)
    with writing(centre, "test"):
        pass
    if (child := os.fork()) == 0:
        row_of, left = stored.row_of, [3]

        def killed(*given: object) -> object:
            left[0] -= 1
            return row_of(*given) if left[0] else os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[arg-type,func-returns-value]

        monkeypatch.setattr("licsweep.store.sites.row_of", killed)
        sites.import_file(centre, path)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert not any(rows(centre))
    assert sites.import_file(centre, path)[1] == 4


def test_hosts_of_a_site_count(site: Project, centre: Project, key: Path) -> None:
    (centre.folder / "inventory").mkdir()
    (centre.folder / "inventory" / "hosts.yaml").write_text("here: {}\ngone-soon: {}\n")
    with writing(centre, "test") as own:
        for name in ("here", "gone"):
            save(own, name, NOW, licenses=ONE)
    sites.import_file(centre, exported(site, key))
    found = judge.reconcile(centre).judgement
    assert {one.subject.id for one in found.findings if one.name == "left-inventory"} == {"gone"}
    assert found.coverage.selected == 4
    assert [one for one in found.findings if one.name == "site-old"] == []
    found = judge.reconcile(centre, as_of=NOW + timedelta(days=36)).judgement
    assert [one.subject.id for one in found.findings if one.name == "site-old"] == ["emea"]


def test_what_is_not_exported(site: Project, centre: Project, key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = exported(site, key)
    for number, name, match in ((9, "emea", "no such snapshot"), (1, "../emea", "not a name")):
        with pytest.raises(errors.UsageError, match=match):
            exported(site, key, number, name=name)
    for odd, told in ((key.with_name("nothing"), "No such file"), (Path("/dev/zero"), "a device, not a file")):
        with pytest.raises(errors.InputError, match=told):
            exported(site, odd)
    key.with_name("no-key").write_text("words")
    with pytest.raises(errors.UsageError, match="ssh-keygen does not sign") as caught:
        exported(site, key.with_name("no-key"))
    assert caught.value.hint.startswith("ssh-keygen -y -f /")
    sites.import_file(centre, path)
    with pytest.raises(errors.UsageError, match="not exported") as caught:
        sites.export(centre, [1], path, site="hq", key=key)
    assert "another site" in caught.value.why
    monkeypatch.setenv("PATH", "")
    with pytest.raises(errors.MissingExtra) as missing:
        exported(site, key)
    assert missing.value.hint == "apt install openssh-client"


def test_the_file_can_be_checked_by_hand(site: Project, key: Path) -> None:
    path = exported(site, key)
    with zipfile.ZipFile(path) as archive:
        assert archive.comment.startswith(b"licsweep/site/1 emea\n-----BEGIN SSH SIGNATURE-----\n")
        archive.extractall(path.parent / "members")
    done = subprocess.run(["sha256sum", "--strict", "-c", "SHA256SUMS"], cwd=path.parent / "members", check=True)
    assert done.returncode == 0
