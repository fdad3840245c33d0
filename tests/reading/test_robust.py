"""Whatever arrives, reading ends, and a cut or spoilt text never reads as a whole one with fewer licenses."""

import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors import index, value_meanings
from collectors.lines import MAX_BYTES, printed
from collectors.parse import parse_text
from licsweep.errors import InputError, UsageError
from licsweep.model import Observation
from tests.fuzzing import examples
from tests.reading.cases import Case, cases

# the outputs that say by themselves where they end; blocks of `show license usage`, rows of a summary and the features
# of RTU do not
WHOLE = [
    case
    for case in cases()
    if (case.expected.get("complete") and case.expected.get("licenses"))
    and (
        case.expected.get("agent_version")
        or (case.platform == "cisco_asa" and case.command != "show license usage")
        or case.name.endswith(("table_9.x", "table_honor", "json_rows"))
    )
]


PROSE = {"show license eventlog", "show license history message"}


def counts(seen: Observation) -> Counter[tuple[str | None, int | None]]:
    return Counter((use.entitlement_tag or use.name, use.count) for use in seen.licenses)


@pytest.mark.parametrize(
    "case", [case for case in cases() if case.expected.get("complete")], ids=lambda case: case.name
)
def test_cut_within_any_line_no_license_is_read_that_is_not_there(case: Case) -> None:
    """... and so for a text that was cut and then asked for again."""
    full = parse_text(case.text, case.platform, case.command)
    ends, at = [], 0
    for line in case.text.split("\n"):
        ends += [at, at + len(line) * 2 // 3, at + len(line)]
        at += len(line) + 1
    for end in ends:
        seen = parse_text(case.text[:end], case.platform, case.command)
        assert not seen.complete or not wrong(seen, full), case.text[:end][-80:]
        assert not seen.complete or case not in WHOLE or counts(seen) == counts(full), case.text[:end][-80:]
    for end in ends[:: max(1, len(ends) // 9)]:
        seen = parse_text(f"{case.text[:end]}\n{case.text}", case.platform, case.command)
        assert not seen.complete or counts(seen) == counts(full), case.text[:end][-80:]


WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
SPOIL: dict[str, Callable[[str], str]] = {
    "other digits": lambda line: line.translate(WIDE),
    "overlong": lambda line: line + " " * 600 + ".",
    "garbled": lambda line: line[: len(line) // 2] + "~~" + line[len(line) // 2 + 2 :],
    "indented": lambda line: " " + line,
    "a log line behind it": lambda line: line.rstrip() + " *Mar  1 00:00:01.123: %SYS-5-CONFIG_I: x",
}


@pytest.mark.parametrize("how", SPOIL)
@pytest.mark.parametrize(
    "case", [case for case in cases() if case.expected.get("complete")], ids=lambda case: case.name
)
def test_with_one_line_spoilt_no_count_is_lost_in_silence(case: Case, how: str) -> None:
    full = sorted(str(use.count) for use in parse_text(case.text, case.platform, case.command).licenses)
    lines = case.text.split("\n")
    for at in range(list(SPOIL).index(how) % 3, len(lines), 3):
        text = "\n".join([*lines[:at], SPOIL[how](lines[at]) if lines[at].strip() else "", *lines[at + 1 :]])
        seen = parse_text(text, case.platform, case.command)
        assert not seen.complete or sorted(str(use.count) for use in seen.licenses) == full, lines[at]


def wrong(seen: Observation, full: Observation) -> Counter[tuple[str | None, int | None]]:
    """Counts that were read and are not those of the whole text."""
    return Counter({key: n for key, n in (counts(seen) - counts(full)).items() if key[1] is not None})


@pytest.mark.parametrize("case", WHOLE, ids=lambda case: case.name)
def test_cut_at_any_line_is_never_complete_with_fewer_licenses(case: object) -> None:
    lines = case.text.split("\n")
    full = counts(parse_text(case.text, case.platform, case.command))
    for end in range(len(lines)):
        seen = parse_text("\n".join(lines[:end]), case.platform, case.command)
        assert not seen.complete or counts(seen) == full, end
        # and from the front, as a lost first page
        seen = parse_text("\n".join(lines[end:]), case.platform, case.command)
        assert not seen.complete or counts(seen) == full, end


@settings(max_examples=examples(150))
@given(
    case=st.sampled_from(WHOLE),
    noise=st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=60), max_size=4),
    data=st.data(),
)
def test_noise_lines_never_lose_a_license_in_silence(case: object, noise: list[str], data: st.DataObject) -> None:
    lines = case.text.split("\n")
    full = parse_text(case.text, case.platform, case.command)
    for line in noise:
        lines.insert(data.draw(st.integers(0, len(lines))), line)
    seen = parse_text("\n".join(lines), case.platform, case.command)
    assert not seen.complete or not counts(full) - counts(seen)


@settings(max_examples=examples(200))
@given(
    text=st.text(max_size=400),
    platform=st.sampled_from(["cisco_xe", "cisco_nxos", "cisco_asa", "cisco_ios", "cisco_xr"]),
)
def test_any_text_reads_as_something_and_nothing_as_licenses(text: str, platform: str) -> None:
    seen = parse_text(text, platform)
    assert not seen.complete
    assert not seen.licenses


@pytest.mark.parametrize(
    "text",
    [
        "(" * 200_000,
        "a (" * 3_000 + "\n" + " " * 900 + "x",
        "Smart Licensing Status\n" + "Policy:\n" * 20_000,
        "License Usage\n" + "a (b):\n" * 10_000,
        "Feature Ins Lic Status\n" + ("A Yes 1 " + "-" * 900 + "\n") * 500,
        "\x1b[" * 100_000,
        " --More-- " * 100_000,
        "{" * 100_000,
        '{"TABLE_show_lic_usage":' * 3_000,
        "License Usage:\n" + "  a (" * 100 + "\n" + ("  a" + " " * 400 + "(\n") * 300,
        "Licensed features for this platform:\n" + ("a" + " " * 400 + "x\n") * 300,
        "Feature/Area Entitlement Last Next\n" + "a 1 " * 100 + "x\n",
        "Handle: 1\n" * 20_000,
    ],
    ids=range(13),
)
@pytest.mark.parametrize("platform", ["cisco_xe", "cisco_nxos", "cisco_asa", "cisco_xr"])
def test_hostile_texts_end_soon(text: str, platform: str) -> None:
    started = time.monotonic()
    for command in (
        *sorted({form.command for form in index.forms() if form.platform == platform} - PROSE),
        None,
    ):
        assert not parse_text(text, platform, command).complete
    assert time.monotonic() - started < 30


def test_bounds() -> None:
    with pytest.raises(InputError):
        parse_text("x" * (MAX_BYTES + 1), "cisco_xe")
    with pytest.raises(InputError):
        parse_text("\n" * 300_000, "cisco_xe")


def test_unknown_names_say_what_exists() -> None:
    with pytest.raises(UsageError) as platform:
        parse_text("", "cisco_ucs")
    assert "cisco_xe" in platform.value.hint
    with pytest.raises(UsageError) as command:
        parse_text("", "cisco_xe", "show clock")
    assert "show license all" in command.value.hint
    with pytest.raises(UsageError):
        parse_text("", "cisco_xe", "show license all", timezone="Mars/Olympus")


def test_numbers_are_those_of_the_stored_text() -> None:
    text = "r1#show version\r\n\r\n*Mar  1 00:00:01.1: %SYS-5-X: noise\r\nfirst\u2028still first\r\n\tsecond\x00\r\nr1#"
    assert [(line.number, line.text) for line in printed(text).lines] == [
        (4, "first\u2028still first"),
        (5, "        second"),
    ]


@pytest.mark.parametrize(
    ("printed", "seconds"),
    [
        ("89 days, 1 hours, 33 minutes, 51 seconds", 7_695_231),
        ("1 week 2 days", 777_600),
        ("10D 1H", 867_600),
        ("1 hr 5 mins", 3_900),
        ("1 month", None),
        ("2 years", None),
        ("999999999 days", None),
        ("99999999999999999999 days", None),
    ],
)
def test_what_is_no_known_length_of_time_is_none(printed: str, seconds: int | None) -> None:
    assert value_meanings.meaning("evaluation_seconds_left", printed, None).value == seconds


@pytest.mark.parametrize(("zone", "hour"), [(None, 10), ("+05:30", 10), ("Asia/Jerusalem", 13), ("Europe/Dublin", 14)])
def test_the_host_decides_an_ambiguous_zone(zone: str | None, hour: int) -> None:
    text = "Usage Reporting:\n  Last ACK received: Jul 08 15:30:00 2025 IST\n"
    seen = parse_text(text, "cisco_xe", "show license status", timezone=zone)
    assert seen.last_ack_received is not None
    assert seen.last_ack_received.hour == hour - (1 if zone == "Asia/Jerusalem" else 0)
    certain = parse_text(text.replace("IST", "JST"), "cisco_xe", "show license status", timezone=zone)
    assert certain.last_ack_received == datetime(2025, 7, 8, 6, 30, tzinfo=UTC)
