"""Words of devices, files and other programs as a person may be shown them: one line, no control characters, bounded.

XML 1.0 section 2.2 says which characters no XML or HTML file may hold.
"""

import re
import shlex

LONGEST = 500
_SPACES = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]")
# Control characters, surrogates, non-characters, what is invisible, and the marks that reorder text.
_UNSAFE = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    r"\ud800-\udfff\ufffe\uffff\U000e0000-\U000e007f]"
)


def clean(text: str) -> str:
    """One line without control characters; each one stays visible as U+FFFD, so that nobody overlooks it."""
    return _UNSAFE.sub("\ufffd", _SPACES.sub(" ", text))


def one_line(text: str, longest: int = LONGEST) -> str:
    """Clean, and cut at so many characters, with how many more there are."""
    left = len(text) - longest
    return clean(text) if left <= 0 else f"{clean(text[:longest])} [... {left:,} more]"


def shell_word(word: object) -> str:
    """Somebody's word as one word of a command that a person may paste into a shell."""
    return shlex.quote(one_line(str(word)))
