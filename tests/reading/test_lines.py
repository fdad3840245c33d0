"""What a terminal added is taken away, whatever it is, in time that grows with the text and not with its square."""

import re
import time
from collections.abc import Callable

import pytest

from collectors import index, lines, parse, tables, value_meanings
from collectors.parse import parse_text
from licsweep.errors import UsageError
from licsweep.files import decoded
from tests.reading.cases import cases

SUMMARY = """License Usage:
  License                 Entitlement Tag               Count Status
  -----------------------------------------------------------------------------
  network-advantage       (C9300-24 Network Advan...)       2 IN USE
"""


@pytest.mark.parametrize(
    "echo",
    [
        "show license summary",
        "acc-01#show license summary",
        "acc-01(config-if)#do sh lic sum",
        "rtr~2+ dc% sho lic summ",
        "[Plant 7] acc,01!#  show license summary",
        f"{'long-name-' * 9}#sh lic sum",
        "RP/0/RP0/CPU0:xr-01#sh lic sum",
        "acc-01#show license summary | no-more",
    ],
)
@pytest.mark.parametrize("ending", ["", "\n{}", "\n{}exit"])
def test_an_echo_names_its_command_and_is_no_drift(echo: str, ending: str) -> None:
    prompt = re.split(r"(?:do )?sho?w? ", echo)[0].rstrip()
    seen = parse_text(f"{echo}\n{SUMMARY}{ending.format(prompt) if prompt else ''}", "cisco_xe")
    assert (seen.complete, len(seen.licenses), seen.unclaimed_lines) == (True, 1, ())
    assert seen.evidence[0].command == "show license summary"


@pytest.mark.parametrize("echo", ["acc-01#show license summary | include Net", "acc-01#sh lic sum | ex DNA"])
def test_a_filtered_output_is_not_complete(echo: str) -> None:
    assert not parse_text(f"{echo}\n{SUMMARY}", "cisco_xe").complete
    assert not parse_text(SUMMARY, "cisco_xe", echo.partition("#")[2]).complete


def test_a_command_may_be_abbreviated_where_it_is_one() -> None:
    assert parse_text(SUMMARY, "cisco_xe", "sh lic sum").complete
    assert index.expanded("cisco_xe", "sh lic rum id 17 det") == "show license rum id 17 detail"
    with pytest.raises(UsageError, match="unknown command"):
        parse_text(SUMMARY, "cisco_xe", "sh lic u")  # udi or usage


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        (" --More-- ", None),
        ("--More--\x08\x08\x08\x08\x08\x08\x08\x08        \x08\x08\x08\x08\x08\x08\x08\x08  Count: 2", "  Count: 2"),
        ("<--- More --->\r              \r  Count: 2", "  Count: 2"),
        (" --More--           Count: 2", " Count: 2"),
        ("\x1b[7m--More--\x1b[m\r        \rdna (C9300):", "dna (C9300):"),
        ("\x1b]0;window\x07  Count: 2", "  Count: 2"),
        ("  Count: 3\x082", "  Count: 2"),
        ("  Count:\xa02", "  Count: 2"),
        ("  Count: 2 --more or less", "  Count: 2 --more or less"),
    ],
)
def test_what_the_terminal_added(printed: str, shown: str | None) -> None:
    said = lines.printed(f"first\nsecond\nthird\n{printed}\nlast\nbut two\nbut one\nend").lines
    assert [line.text for line in said if line.number == 4] == ([] if shown is None else [shown])


@pytest.mark.parametrize(
    "log",
    [
        "*Mar  1 00:00:01.123: %SYS-5-CONFIG_I: Configured from console",
        "000123: Feb  7 2026 10:32:11.001 CET: %LINK-3-UPDOWN: Interface up",
        "<189>41: 1w2d: %SYS-5-RESTART: System restarted",
        "%LINEPROTO-5-UPDOWN: Line protocol on Interface Vlan1",
        "RP/0/RP0/CPU0:Aug 15 07:24:02.110 UTC: ifmgr[123]: %PKT_INFRA-LINK-3-UPDOWN : Interface",
        "2019 Feb 14 06:21:40.118 n3k [9120]: !!!!!!  WARNING: 'X_PKG' LICENSE NOT FOUND  !!!!!!.",
        "2021 Jan 29 06:40:45  %$ VDC-1 %$ %LICMGR-2-LOG_LIC_NO_LIC: none",
        "Mar  2 07:40:11 UTC: a debug without a code",
    ],
)
def test_log_lines_are_no_text_of_the_command(log: str) -> None:
    assert lines.printed(f"a\nb\nc\n{log}\nd\ne\nf\ng").lines == lines.printed("a\nb\nc\n\nd\ne\nf\ng").lines
    # text of the device before it on the same line makes it no log line
    glued = SUMMARY.replace("2 IN USE\n", f"2 IN USE{log}\n")
    seen = parse_text(glued, "cisco_xe", "show license summary")
    assert seen.unclaimed_lines
    assert not seen.complete


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("Société".encode(), "Société"),
        ("Société".encode("latin-1"), "Société"),
        ("Müller – Söhne".encode("cp1252"), "Müller – Söhne"),
        ("\ufeffKøge".encode(), "Køge"),
        ("Køge\r\n".encode("utf-16"), "Køge\r\n"),
        ("Version 1\r\n".encode("utf-16-le"), "Version 1\r\n"),
        ("Zürich ".encode() + b"Z\xfcrich", "Zürich Zürich"),
        (b"cut \xe2\x80", "cut â€"),
    ],
)
def test_bytes_are_read_in_the_letters_they_were_written_in(raw: bytes, text: str) -> None:
    assert decoded(raw) == text


def test_drift_is_bounded_and_says_what_is_left_out() -> None:
    noise = "".join(f"{'noise ' * 60}{number}\n" for number in range(5000))
    seen = parse_text(SUMMARY + "New Part:\n" + noise, "cisco_xe", "show license summary")
    assert len(seen.unclaimed_lines) == 101
    assert seen.unclaimed_lines[-1].text == "(4901 more lines left out)"
    assert max(len(line.text) for line in seen.unclaimed_lines) <= 200


@pytest.mark.parametrize("digits", ["２", "٢", "২"])
def test_digits_that_are_not_ascii_are_no_count(digits: str) -> None:
    seen = parse_text(SUMMARY.replace("2 IN USE", f"{digits} IN USE"), "cisco_xe", "show license summary")
    assert (seen.complete, seen.licenses) == (False, ())


def test_a_license_section_with_an_overlong_line_is_not_complete() -> None:
    seen = parse_text(SUMMARY + "  " + "x" * 501 + "\n", "cisco_xe", "show license summary")
    assert not seen.complete
    assert parse_text(SUMMARY + "Other Part:\n  " + "x" * 501 + "\n", "cisco_xe", "show license summary").complete


# -- time -------------------------------------------------------------------------------------------------------------


def patterns() -> dict[str, Callable[[str], object]]:
    """Every pattern that a line of a device meets."""
    found: dict[str, Callable[[str], object]] = {}
    for form in index.forms():
        found |= {p.pattern: p.fullmatch for p in (*form.recognize, form.unless) if p}
        for section in form.sections:
            own = (section.heading, section.known, section.continues, section.inside)
            found |= {p.pattern: p.fullmatch for p in own if p}
            for table in section.tables:
                for state in tables.compiled(table)._states.values():
                    found |= {match.__self__.pattern: match for match, _ in state.rules}
    for own in (lines._PAGER, lines._ESCAPE, lines._FILTER, *(sign for sign, _, _ in parse._signs())):
        found[own.pattern] = own.search
    found |= {p.pattern: p.fullmatch for p in (lines._NOISE, lines._ECHO, lines._PROMPT, *value_meanings._DATES)}
    return found


def seconds(match: Callable[[str], object], text: str) -> float:
    best = 1.0
    for _ in range(5):
        started = time.perf_counter()
        match(text)
        best = min(best, time.perf_counter() - started)
        if best < 4e-5:
            break
    return best


STRETCH = (" ", "a", "1", "(", ":", "a ", "1 ", "a (", "a  ", "(b) ", "-", "/", ", ", "on ", "\t")


def slow(match: Callable[[str], object], seeds: list[str]) -> str | None:
    """A line for which four times the length costs more than nine times the time."""
    for seed in seeds:
        for at in {0, len(seed) // 2, len(seed)}:
            for piece in STRETCH:
                short, long = (f"{seed[:at]}{(piece * size)[:size]}{seed[at:]}\x00" for size in (110, 440))
                if seconds(match, long) > 4e-5 and seconds(match, long) > 9 * seconds(match, short):
                    return long
    return None


def test_no_pattern_takes_time_that_grows_with_the_square_of_a_line() -> None:
    known = sorted({line.text for case in cases() for line in lines.printed(case.text).lines})
    for pattern, match in patterns().items():
        seeds = [*[text for text in known if match(text)][:2], "x", "  x: y", "a (b):"]
        assert slow(match, seeds) is None, pattern


def test_that_test_can_fail() -> None:
    assert slow(re.compile(r"\s*\s*\s*x").fullmatch, [" "]), "cubic: far from the bound on any machine"


@pytest.mark.parametrize(
    "piece", ["\r", "x\r", "\x1b[", "\x1b]0;", "\x08", "x", " ", "-", "\t", " --More-- ", "sh ", "(", "<a>", "# "]
)
def test_texts_of_one_long_line_are_read_in_linear_time(piece: str) -> None:
    def cost(size: int) -> float:
        text = "a\n" + (piece * size)[:size] + "\nb"
        started = time.process_time()
        lines.printed(text)
        return time.process_time() - started

    cost(1000)
    assert cost(800_000) < max(0.05, 16 * min(cost(100_000) for _ in range(3)))
