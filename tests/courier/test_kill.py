"""kill -9 between any two steps loses nothing: a real process that ends itself before its n-th step, then a new run."""

import subprocess
import sys
from pathlib import Path

from licsweep.estate.selection import Selection
from licsweep.jobs import courier, courier_views
from licsweep.settings import Project
from licsweep.store import reading
from tests.courier.making import NOW, ack, made_project, observation, serial, usage_file

# A step is a file that is put in its place, a folder that gets its name, and a transaction. Each run is a process of
# its own, forked from one that has imported and read what all need; printed is how many of them killed themselves.
PROGRAM = """
import os, signal, sys
from pathlib import Path
from licsweep import files
from licsweep.estate.selection import Selection
from licsweep.jobs import courier, courier_back
from licsweep.settings import load
from licsweep.store import reading
from licsweep.store.courier_ledger import CourierLedger
project, place, verb = load(Path(sys.argv[1]), environment={}), Path(sys.argv[2]), sys.argv[3]
def counted(step):
    def wrapped(*given, **named):
        global left
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
        return step(*given, **named)
    return wrapped
def run():
    files.write = counted(files.write)
    Path.rename = counted(Path.rename)
    CourierLedger.record_courier = counted(CourierLedger.record_courier)
    match verb:
        case "collect":
            courier.collect(project, [place / "stick"])
        case "pack":
            courier.pack(project, by="Eva")
        case "unpack":
            courier_back.unpack(project, [place / "back"])
        case "deliver":
            courier_back.deliver_to(project, place / "usb", Selection())
def check():
    with reading(project) as store:
        ledger = store.courier_ledger()
    for parcel in ledger.parcels.values():
        assert {one.sha256 for one in parcel.files} <= ledger.files.keys()
def apart(act):
    if (child := os.fork()) == 0:
        try:
            act()
        except BaseException as error:
            print(repr(error), file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
import licsweep.reports.html
courier.estate(project)
for number in range(60):
    left = number
    code = apart(run)
    assert apart(check) == 0
    if code != -signal.SIGKILL:
        assert code == 0
        break
print(number)
"""


def killed_until_done(project: Project, place: Path, verb: str) -> int:
    """Runs the verb with an end before its first step, then its second, and so on; how many runs were killed."""
    call = [sys.executable, "-c", PROGRAM, str(project.folder), str(place), verb]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def test_nothing_is_lost_and_nothing_is_done_twice(tmp_path: Path) -> None:
    project = made_project(tmp_path / "project", *(observation(number) for number in (1, 2, 3)))
    raws = {number: usage_file(serial(number), number * 10, number * 10 + 1) for number in (1, 2, 3)}
    for folder in ("stick", "back"):
        (tmp_path / folder).mkdir()
    for number, raw in raws.items():
        (tmp_path / "stick" / f"{number}.txt").write_bytes(raw)
    killed = {"collect": killed_until_done(project, tmp_path, "collect")}
    killed["pack"] = killed_until_done(project, tmp_path, "pack")
    courier.pack(project, by="Eva")  # what the last killed run left behind
    folders = sorted((project.folder / "courier" / "parcels").iterdir())
    with reading(project) as store:
        assert [folder.name for folder in folders] == sorted(store.courier_ledger().parcels)
    uploads = {file.name: file.read_bytes() for folder in folders for file in (folder / "upload").iterdir()}
    assert sorted(uploads.values()) == sorted(raws.values()), "each once, byte for byte"
    for name in uploads:
        (tmp_path / "back" / f"ACK_{name}").write_bytes(ack(name))
    killed["unpack"] = killed_until_done(project, tmp_path, "unpack")
    killed["deliver"] = killed_until_done(project, tmp_path, "deliver")
    delivered = sorted(path.read_bytes() for path in (tmp_path / "usb").rglob("ACK_*"))
    assert delivered == sorted(ack(name) for name in uploads)
    with reading(project) as store:
        entries = store.courier_ledger().entries
    steps = [(entry.step, *entry.key) for entry in entries]
    assert len(steps) == len(set(steps)) == 4 * 6, "collected, packed, acknowledged, delivered: 6 reports, each once"
    reports = courier_views.status(project, NOW.replace(year=NOW.year + 1), Selection()).status.reports
    assert all(one.delivered_at for one in reports)
    # Fewer than steps: a run goes on where the killed one was.
    assert killed == {"collect": 3, "pack": 7, "unpack": 3, "deliver": 5}
