"""What reading costs: our parse beside bare cached TextFSM with the same templates, in one run on one machine.

    python bench/parse.py [ROUNDS]

Bare is what upstream's own class does with the text: each template whose section the output has, compiled once, reset
and fed the text (nothing is found out about lines, words, evidence or drift). The last line is the ratio of the sums;
the aim is at most 1.2. The line before it gives the bare templates only the lines of their sections, which is work that
the reading has to do first.
"""

import io
import sys
import time
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

from textfsm import TextFSM

sys.path.insert(0, str(Path(__file__).parents[1]))

from collectors import index, lines, sections, structured
from collectors.parse import parse_text
from tests.reading.cases import Case, cases

AIM = 1.2


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


def main() -> None:
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
