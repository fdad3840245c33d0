"""A history as sweeps make it, and its room: `python bench/history.py [--hosts N] [--nights N]`.

Texts of IOS XE from the fixtures, each host with serials of its own. Every night the uptime, the clock and all dates
move but those of installed codes, policies and their ends, and a usage report is added. Prints bytes a host and night
of the finished database, CPU to store a host, and what `show HOST` takes beside it; exit code 1 beyond the limits of
the project.
"""

import argparse
import re
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from licsweep.host_result import HostResult
from licsweep.model import Outcome
from licsweep.reading.host_report import HostReport, capture, read_report
from licsweep.settings import load
from licsweep.store import writing

FIXTURES = Path(__file__).parents[1] / "fixtures" / "cisco_xe"
STATUS = (
    "slup_5.3_stack_two_tags_one_feature",
    "slup_5.11_dual_supervisor_proxy",
    "slup_6.3_trust_block_mixed_sources",
)
TECH = ("slup_5.5_stack_cslu_platform_map", "slup_6.3_stackwise_virtual_trust_block_counts")
START = datetime(2025, 11, 1, 1, tzinfo=UTC)
MOVING = re.compile(r"(?m)^(?!.*(?:nstalled|NSTALLED|Expired|Valid) )(.*?)[A-Z][a-z]{2} \d\d [\d:]{8} \d{4} \w+$")
UPTIME = re.compile(r"(?<=uptime is ).*|(?<=processor is ).*")
MOST_BYTES, MOST_SECONDS = 1500, 0.5


class Box:
    """One device, as it answers on a night."""

    def __init__(self, number: int, *, tech_support: bool) -> None:
        self.name, self._random = f"acc-{number:05}.example", Random(number)
        status, tech = STATUS[number % len(STATUS)], TECH[number % len(TECH)]
        shown = [("show version", "c9300_17.9"), ("show license all", status)]
        shown += [("show license tech support", tech)] if tech_support else []
        self._texts = {
            line: re.sub(
                r"FOC0000(\w{4})",
                rf"F{number:05}\1",
                (FIXTURES / line.replace(" ", "_") / name / "output.txt").read_text(),
            )
            for line, name in shown[: 3 if tech_support else 2]
        }
        self._booted = START - timedelta(minutes=self._random.randrange(500_000))

    def result(self, night: int) -> HostResult:
        """Both texts, and what is read from them."""
        at = START + timedelta(days=night, seconds=self._random.randrange(3600))

        def moved(found: re.Match[str]) -> str:
            ahead = self._random.randrange(86_400) * (1 if "Next" in found[1] else -1)
            return f"{found[1]}{at + timedelta(seconds=ahead):%b %d %H:%M:%S %Y} UTC"

        days, minutes = divmod(int((at - self._booted).total_seconds() / 60), 1440)
        up = f"{days // 7} weeks, {days % 7} days, {minutes // 60} hours, {minutes % 60} minutes"
        texts = {line: UPTIME.sub(up, MOVING.sub(moved, text)) for line, text in self._texts.items()}
        texts = {line: re.sub(r"(?m)^Total: \d+", f"Total: {night + 4}", text) for line, text in texts.items()}
        captures = tuple(capture(self.name, line, text, at, self._random.random()) for line, text in texts.items())
        outcome = Outcome(hostname=self.name, status="ok")
        return read_report(HostReport(outcome=outcome, tried_at=at, captures=captures, platform="cisco_xe"))


def cpu(who: int = resource.RUSAGE_SELF) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def main() -> int:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--hosts", type=int, default=200)
    ask.add_argument("--nights", type=int, default=365)
    ask.add_argument("--tech-support", action="store_true", help="show license tech support beside the usual two texts")
    args = ask.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        project = load(Path(folder), environment={})
        boxes, storing = [Box(number, tech_support=args.tech_support) for number in range(args.hosts)], 0.0
        with writing(project, "bench") as store:
            for night in range(args.nights):
                at = START + timedelta(days=night)
                snapshot = store.begin("sweep", "all hosts", args.hosts, at)
                for box in boxes:
                    result = box.result(night)
                    storing -= cpu()
                    store.save_host(snapshot, result)
                    storing += cpu()
                store.end(snapshot, "complete", at + timedelta(hours=1))
        count = args.hosts * args.nights
        each = (Path(folder) / "licsweep.db").stat().st_size / count
        print(
            f"{each:.0f} bytes a host and night ({count} of them); {storing / count * 1000:.2f} ms of CPU to store one"
        )
        before, start = cpu(resource.RUSAGE_CHILDREN), time.perf_counter()
        shown = [Path(sys.executable).with_name("licsweep"), "show", boxes[0].name, "--project", folder]
        subprocess.run(shown, check=True, stdout=subprocess.DEVNULL)
        seconds, used = time.perf_counter() - start, cpu(resource.RUSAGE_CHILDREN) - before
        print(f"show {boxes[0].name}: {seconds:.2f} s, {used:.2f} s of CPU")
    return int(each > MOST_BYTES or used > MOST_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
