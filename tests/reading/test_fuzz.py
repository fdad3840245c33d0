"""Torn, shuffled, doubled, noisy and joined outputs of every form: reading never raises, ends soon, and never turns a
box that prints licenses into one that is said, as a whole, to have none.
"""

import time

from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.parse import parse_text, recognize_platform
from licsweep.model import Observation
from tests.fuzzing import examples
from tests.reading.cases import Case, cases

CASES = list(cases())
LICENSED = [case for case in CASES if case.expected.get("licenses")]
PLATFORMS = sorted({case.platform for case in CASES})
SECONDS = 2.0
NOISE = st.text(st.characters(codec="utf-8"), max_size=80) | st.sampled_from(
    [
        "*Jan 12 09:00:01.123: %SYS-5-CONFIG_I: Configured from console by admin on vty0",
        " --More-- ",
        "% Invalid input detected at '^' marker.",
        "acc-01#",
        "License Usage",
        "=" * 30,
        "Usage Reporting:",
        "  Count: 0",
        "Next Year Summary:",
        "Handle: 99",
        "\x1b[K\x08\x08\x08",
    ]
)


def silent(case: Case, seen: Observation) -> bool:
    """Whether a licensed box reads as a whole one without licenses."""
    lists = ("licenses", "managed_devices")
    return seen.complete and any(case.expected.get(name) and not getattr(seen, name) for name in lists)


@st.composite
def spoilt(draw: st.DrawFn) -> tuple[Case, str]:
    """A case and what became of its text."""
    case = draw(st.sampled_from(CASES))
    lines = case.text.split("\n")
    for how in draw(st.lists(st.sampled_from(["cut", "lost", "shuffle", "double", "noise", "join"]), max_size=3)):
        place, other = sorted(draw(st.tuples(st.integers(0, len(lines)), st.integers(0, len(lines)))))
        if how == "cut":
            lines = ["\n".join(lines)[: draw(st.integers(0, len("\n".join(lines))))]]
            lines = lines[0].split("\n")
        elif how == "lost":
            lines = lines[:place] + lines[other:]
        elif how == "shuffle":
            lines = lines[:place] + draw(st.permutations(lines[place : place + 12])) + lines[place + 12 :]
        elif how == "double":
            lines = lines[:other] + lines[place:]
        elif how == "noise":
            lines = [*lines[:place], draw(NOISE), *lines[place:]]
        else:
            lines += draw(st.sampled_from(LICENSED)).text.split("\n")
    return case, draw(st.sampled_from(["\n", "\r\n"])).join(lines)


@settings(max_examples=examples(600))
@given(one=spoilt(), platform=st.sampled_from(PLATFORMS))
def test_nothing_raises_hangs_or_reads_as_unlicensed(one: tuple[Case, str], platform: str) -> None:
    case, text = one
    started = time.process_time()
    assert not silent(case, parse_text(text, case.platform, case.command))
    parse_text(text, platform)
    recognize_platform(text)
    assert time.process_time() - started < SECONDS


def test_the_property_can_fail() -> None:
    assert silent(LICENSED[0], Observation(complete=True))
    assert not silent(LICENSED[0], Observation(complete=False))
