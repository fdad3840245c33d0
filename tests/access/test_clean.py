"""Terminal text becomes plain lines; nothing that the device printed is lost."""

import pytest

from licsweep.access.terminal import clean

CASES = {
    "echo and prompt": ("show version\r\nCisco IOS\r\nR1#", "Cisco IOS\n"),
    "prompt before the echo": ("R1#show version\r\nCisco IOS\r\nR1#", "Cisco IOS\n"),
    "leading return of NX-OS": ("show version\r\r\nNexus\r\r\n\rR1# ", "Nexus\n"),
    "pager wiped with backspaces": (
        "show version\r\nline 1\r\n --More-- " + "\b" * 10 + " " * 8 + "\b" * 9 + "  indented\r\nR1#",
        "line 1\n  indented\n",
    ),
    "pager wiped with an escape": (
        "show version\r\nline 1\r\n--More--\r\x1b[K  indented\r\nR1#",
        "line 1\n  indented\n",
    ),
    "reverse video pager": (
        "show version\r\nline 1\r\n\x1b[7m--More--\x1b[m\r        \rline 2\r\nR1#",
        "line 1\nline 2\n",
    ),
    "no output": ("show version\r\nR1#", ""),
    "prompt word inside stays": ("show version\r\nR1#\r\nmore\r\nR1#", "R1#\nmore\n"),
}


@pytest.mark.parametrize(("raw", "expected"), CASES.values(), ids=CASES.keys())
def test_clean(raw: str, expected: str) -> None:
    assert clean(raw, "show version", "R1#") == expected


@pytest.mark.parametrize("noise", ["\r", "\r\n", "\b", " \b", "\x1b", "\x1b[", "--More-- \b", "--More--\r "])
def test_time_is_in_proportion_to_the_text(noise: str) -> None:
    """100 kB of returns once took 54 s."""
    import time

    text = "show version\r\n" + noise * (2_000_000 // len(noise)) + "\r\nR1#"
    began = time.process_time()
    clean(text, "show version", "R1#")
    assert time.process_time() - began < 5
