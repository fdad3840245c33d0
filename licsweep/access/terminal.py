"""What a terminal adds to text, and how it is taken away again."""

import re

# The pager's line and the backspaces or escapes that wipe it; genuine leading blanks of the next line stay.
_PAGER = re.compile(
    r" ?(?:--More--|<--- More --->) ?(?:\x1b\[[\d;]*[A-Za-z])*(?:[\x08 ]*\x08|\r *\r|\r(?!\n)|\x1b\[[\d;]*[A-Za-z])*"
)
_ESCAPE = re.compile(r"\x1b\[[\d;?]*[A-Za-z]")


def clean(text: str, command: str, prompt: str) -> str:
    """Terminal text as plain lines: pager traces, escapes and carriage returns gone, echo and last prompt cut."""
    if "More" in text:
        text = _PAGER.sub("", text)
    if "\x1b" in text:
        text = _ESCAPE.sub("", text)
    while "\r\n" in text:
        text = text.replace("\r\n", "\n")
    lines = text.split("\n")
    if "\r" in text:
        lines = [line.rpartition("\r")[2] for line in lines]
    if lines[-1].strip() == prompt:
        lines.pop()
    for number, line in enumerate(lines):
        if command in line:
            lines = lines[number + 1 :]
            break
    text = "\n".join(lines)
    return text if not text or text.endswith("\n") else text + "\n"
