"""What reading costs: our parse beside bare cached TextFSM with the same templates, in one run on one machine.

    python bench/parse.py [ROUNDS]

Bare is what upstream's own class does with the text: each template whose section the output has, compiled once, reset
and fed the text (nothing is found out about lines, words, evidence or drift). The last line is the ratio of the sums;
the aim is at most 1.2. The line before it gives the bare templates only the lines of their sections, which is work that
the reading has to do first.

Before them stands what a host costs: `show version` and `show license all` of simulated boxes read into an observation
and stored, beside ntc-templates' `parse_output` of `show version` alone; each box once, so that what differs by
box is new. The aims: reading at most 0.8 of `parse_output`, storing at most a quarter of reading. The third line is a
night as a sweep stores it: THREADS threads read and store, and what ends while another is stored shares a transaction.
"""

import gc
import io
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from ntc_templates.parse import parse_output
from textfsm import TextFSM

sys.path.insert(0, str(Path(__file__).parents[1]))

from collectors import index, lines, sections, structured
from collectors.parse import parse_text
from licsweep.model import Outcome
from licsweep.reading.host_report import HostReport, capture, read_report
from licsweep.settings import load
from licsweep.simulator.design import load_design, plan
from licsweep.simulator.outputs import Outputs
from licsweep.store import writing
from licsweep.sweep.gate import Gate
from licsweep.sweep.snapshot_writer import SnapshotWriter
from tests.reading.cases import Case, cases

AIM = 1.2
BOXES, THREADS = 600, 50
VERSION, LICENSES = "show version", "show license all"


def bare(case: Case, *, uncut: bool) -> Callable[[], None]:
    """Upstream's TextFSM over the text, each template of the form that found a section."""
    said = structured.flattened(lines.printed(case.text).lines)
    form = index.find(case.platform, case.command, said)
    assert form is not None
    parts = sections.split(said, form)
    whole = "\n".join(line.text for line in said)
    work = [
        (compiled(table), whole if uncut else "\n".join(line.text for line in part))
        for section, part in parts.known.items()
        for table in section.tables
    ]

    def run() -> None:
        for template, text in work:
            template.Reset()
            template.ParseText(text)

    return run


def compiled(table: index.TableRef) -> TextFSM:
    return TextFSM(io.StringIO(files("licsweep.templates").joinpath(table.template).read_text("utf-8")))


def seconds(run: Callable[[], object], rounds: int) -> float:
    """CPU seconds of one run: the best of five rows of `rounds`."""
    run()
    best = float("inf")
    for _ in range(5):
        started = time.process_time()
        for _ in range(rounds):
            run()
        best = min(best, time.process_time() - started)
    return best / rounds


def reports() -> list[HostReport]:
    """What simulated boxes of IOS XE print, as a sweep gathers it."""
    design, now = load_design(), datetime.now(UTC)
    devices = plan(design, BOXES, seed=1)
    outputs, found = Outputs(design, now, devices=devices), []
    for device in devices:
        commands = outputs.commands(device)
        if device.platform == "cisco_xe" and {VERSION, LICENSES} <= commands.keys():
            texts = tuple(capture(device.name, line, commands[line](), now) for line in (VERSION, LICENSES))
            outcome = Outcome(hostname=device.name, status="ok")
            found.append(HostReport(outcome=outcome, platform="cisco_xe", tried_at=now, captures=texts))
    return found


def a_host() -> None:
    """Prints what reading and storing cost, and `parse_output`; the first half of the boxes is the warm-up."""
    boxes, spent, read = reports(), [0.0, 0.0, 0.0], []
    for number, box in enumerate(boxes):
        started = time.process_time()
        read.append(read_report(box))
        between = time.process_time()
        parse_output(platform="cisco_ios", command=VERSION, data=box.captures[0].text)
        if number >= len(boxes) // 2:
            spent[0] += between - started
            spent[1] += time.process_time() - between
    with tempfile.TemporaryDirectory() as folder, writing(load(Path(folder), environment={}), "bench") as store:
        for _ in range(2):  # nights: the second is stored as its difference to the first
            snapshot = store.begin("sweep", "all", len(read), datetime.now(UTC))
            started = time.process_time()
            for one in read:
                store.save_host(snapshot, one)
            spent[2] = (time.process_time() - started) / 2
            store.end(snapshot, "complete", datetime.now(UTC))
        snapshot = store.begin("sweep", "all", len(boxes), datetime.now(UTC))
        writer = SnapshotWriter(store, snapshot, Gate(), read=True, progress=lambda _: None)
        saved, save_host = [], store.save_host
        store.save_host = lambda number, *some: (saved.append(len(some)), save_host(number, *some))
        alone, together = in_threads(read_report, boxes), in_threads(writer.host_ended, boxes)
    reading, theirs, storing = (one / (len(boxes) / 2) * 1e3 for one in spent)
    print(f"{reading:7.2f} ms  a host is read; {theirs:.2f} ms parse_output of {VERSION}; ratio {reading / theirs:.2f}")
    print(f"{storing:7.2f} ms  a host is stored; {storing / reading:.2f} of reading")
    print(f"{together - alone:7.2f} ms  more than reading ({alone:.2f}) from {THREADS} threads that read and store,")
    print(f"{len(boxes) / len(saved):7.1f}     hosts a transaction")


def in_threads(done: Callable[[HostReport], object], boxes: list[HostReport]) -> float:
    """Milliseconds of CPU a box, from many threads at once."""
    with ThreadPoolExecutor(THREADS) as pool:
        started = time.process_time()
        list(pool.map(done, boxes))
        return (time.process_time() - started) / len(boxes) * 1e3


def main() -> None:
    gc.set_threshold(200_000)  # as the program does
    a_host()
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    ours = theirs = cut = 0.0
    for case in (case for case in cases() if case.expected.get("complete") and case.expected.get("licenses")):
        mine = seconds(lambda case=case: parse_text(case.text, case.platform, case.command), rounds)
        other, pieces = (seconds(bare(case, uncut=uncut), rounds) for uncut in (True, False))
        ours, theirs, cut = ours + mine, theirs + other, cut + pieces
        print(f"{mine * 1e3:7.2f} ms  {other * 1e3:7.2f} ms bare  {mine / other:5.2f}  {case.name}")
    print(f"beside templates fed with lines that were already cut and chosen for them: {ours / cut:.2f}")
    print(f"ratio {ours / theirs:.2f} (aim: at most {AIM})")


if __name__ == "__main__":
    main()
