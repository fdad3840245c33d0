"""Words of devices and files made harmless for the program that will open the report.

A spreadsheet runs a cell that starts with = + - or @ (also full-width, after blanks, or after a semicolon where
that is the separator of the reader's country). Source: OWASP "CSV Injection".
"""

import re

from licsweep.clean_text import clean

EXCEL_CELL_CHARACTERS = 32_767
_CUT = " [cut]"

_BLANKS = r"[\s\x00-\x20\xa0\u061c\u200b-\u200f\u2060\ufeff\ufffd]*"
_FORMULA = re.compile(rf"(^|;)(?={_BLANKS}[=+\-@\u2212\uff0b\uff0d\uff1d\uff20]|[\t\r\n])")


def is_formula_like(text: str) -> bool:
    """Whether a spreadsheet might run this text."""
    return _FORMULA.search(text) is not None


def for_csv(text: str) -> str:
    """Clean, with an apostrophe before whatever a spreadsheet might run."""
    return clean(_FORMULA.sub(r"\1'", text))


def for_excel(text: str) -> str:
    """Clean, and no longer than a cell may be."""
    text = clean(text)
    return text if len(text) <= EXCEL_CELL_CHARACTERS else text[: EXCEL_CELL_CHARACTERS - len(_CUT)] + _CUT
