"""Words of devices and files made harmless for the program that will open the report.

A spreadsheet runs a cell that starts with = + - or @ (also full-width, after blanks, or after a semicolon where
that is the separator of the reader's country). Sources: OWASP "CSV Injection"; XML 1.0 section 2.2 for the
characters that no XML or HTML file may hold.
"""

import re

EXCEL_CELL_CHARACTERS = 32_767
_CUT = " [cut]"

_BLANKS = r"[\s\x00-\x20\xa0\u061c\u200b-\u200f\u2060\ufeff\ufffd]*"
_FORMULA = re.compile(rf"(^|;)(?={_BLANKS}[=+\-@\u2212\uff0b\uff0d\uff1d\uff20]|[\t\r\n])")
_SPACES = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]")
# Control characters, surrogates, non-characters, and the marks that reorder text (right-to-left overrides).
_UNSAFE = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def clean(text: str) -> str:
    """One line without control characters; each one stays visible as U+FFFD, so that nobody overlooks it."""
    return _UNSAFE.sub("\ufffd", _SPACES.sub(" ", text))


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
