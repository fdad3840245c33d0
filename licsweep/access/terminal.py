"""What a terminal adds to text, and how it is taken away again."""

import re

from licsweep.clean_text import one_line

# The pager's line and the backspaces or escapes that wipe it; genuine leading blanks of the next line stay.
_PAGER = re.compile(
    r" ?(?:--More--|<--- More --->) ?(?:\x1b\[[\d;]*[A-Za-z])*(?:[\x08 ]*\x08|\r *\r|\r(?!\n)|\x1b\[[\d;]*[A-Za-z])*"
)
_ECHO_END = 4
ESCAPE = re.compile(r"\x1b(?:\[[\d;?]*[A-Za-z]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][0-9A-Z]|[=>78])|\0")
ESCAPE_BYTES = re.compile(ESCAPE.pattern.encode())


def clean(text: str, command: str, prompt: str) -> str:
    """Terminal text as plain lines: pager traces, escapes and carriage returns gone, echo and last prompt cut."""
    if "More" in text:
        text = _PAGER.sub("", text)
    if "\x1b" in text or "\0" in text:
        text = ESCAPE.sub("", text)
    text = text.replace("\r\n", "\n")
    lines = text.split("\n")
    if "\r" in text:
        lines = [line.rstrip("\r").rpartition("\r")[2] for line in lines]
    if "\b" in text:
        lines = [_taken_back(line) for line in lines]
    if lines[-1].strip() == prompt:
        lines.pop()
    echo = next((number for number, line in enumerate(lines) if command in line), None)
    if echo is None and command:  # it was cut or wrapped at the width of the terminal
        end = command[-_ECHO_END:]
        echo = next((number for number, line in enumerate(lines[:3]) if line.rstrip().endswith(end)), None)
    lines = lines if echo is None else lines[echo + 1 :]
    text = "\n".join(lines)
    return text if not text or text.endswith("\n") else text + "\n"


def _taken_back(line: str) -> str:
    """The line without what backspaces took back."""
    kept: list[str] = []
    for letter in line:
        if letter != "\b":
            kept.append(letter)
        elif kept:
            kept.pop()
    return "".join(kept)


def quoted(text: str) -> str:
    """Words of a device for a message: printable, in one line. They are cut where the run's secrets were removed
    (sweep/host.py): half a secret would not be found."""
    return one_line(" ".join(ESCAPE.sub("", text[-4096:]).split()), 4096)
