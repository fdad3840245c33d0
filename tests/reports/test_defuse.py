"""What a spreadsheet would run is defused; what it would not is left alone."""

import pytest

from licsweep.clean_text import clean
from licsweep.reports.defuse import EXCEL_CELL_CHARACTERS, for_csv, for_excel, is_formula_like

HOSTILE = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\tx",
    "\rx",
    "\nx",
    "   =1",
    "\xa0=1",
    "\u200b=1",
    "\ufeff=1",
    "\x00=1",
    "\uff1d1",
    "\uff0b1",
    "\uff0d1",
    "\uff201",
    "\u2212" + "1",
    "harmless;=1",
    "harmless; @x",
]
HARMLESS = ["", "network-advantage", "a=b", "C9300-24 Network Advantage", "1.0_f=1", "user@box", "  Count: 1", "a; b"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile(text):
    assert is_formula_like(text)
    defused = for_csv(text)
    assert "'" in defused
    assert not is_formula_like(defused)


@pytest.mark.parametrize("text", HARMLESS)
def test_negative_control(text):
    assert not is_formula_like(text)
    assert for_csv(text) == text


def test_control_characters_stay_visible():
    assert clean("a\x00b\x1b[31m\u202ec\ud800\uffff") == "a\ufffdb\ufffd[31m\ufffdc\ufffd\ufffd"
    assert clean("a\tb\r\nc") == "a b  c"
    assert clean("Zürich ＝ 東京 🙂") == "Zürich ＝ 東京 🙂"


def test_cell_length_is_bounded():
    long = for_excel("x" * 40_000)
    assert len(long) == EXCEL_CELL_CHARACTERS
    assert long.endswith("[cut]")
    assert for_excel("x" * EXCEL_CELL_CHARACTERS) == "x" * EXCEL_CELL_CHARACTERS
