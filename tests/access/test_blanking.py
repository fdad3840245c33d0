"""Proxy words are blanked before anything is stored; whether they are set stays visible."""

import pytest

from licsweep.access.blanking import BLANKED, blank

PROXY = """  Proxy:
    Address: 192.0.2.80
    Port: 8080
    Username: {user}
    Password: {password}
  VRF: <empty>
"""


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_words_go_and_lines_stay(end: str) -> None:
    text = PROXY.format(user="svc-license", password="hunter 2: x").replace("\n", end)
    blanked = blank(text)
    assert "svc-license" not in blanked
    assert "hunter" not in blanked
    assert blanked.count(BLANKED) == 2
    assert blanked.count(end) == text.count(end)
    assert "Address: 192.0.2.80" in blanked


@pytest.mark.parametrize("word", ["<empty>", "<none>", ""])
def test_unset_stays_as_printed(word: str) -> None:
    text = PROXY.format(user=word, password=word)
    assert blank(text) == text


def test_a_word_that_looks_unset_but_is_not_goes() -> None:
    assert "secret" not in blank("    Password: <empty>secret\n")
