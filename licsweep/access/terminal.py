"""What a terminal adds to text, and how it is taken away again."""

import re

# The pager's line and the backspaces or escapes that wipe it; genuine leading blanks of the next line stay.
_PAGER = re.compile(
    r" ?(?:--More--|<--- More --->) ?(?:\x1b\[[\d;]*[A-Za-z])*(?:[\x08 ]*\x08|\r *\r|\r(?!\n)|\x1b\[[\d;]*[A-Za-z])*"
)
_ESCAPE = re.compile(r"\x1b\[[\d;?]*[A-Za-z]")


def clean(text: str, command: str, prompt: str) -> str:
    """Terminal text as plain lines: pager traces, escapes and carriage returns gone, echo and last prompt cut."""
    text = _ESCAPE.sub("", _PAGER.sub("", text))
    lines = [line.rsplit("\r", 1)[-1] for line in re.sub(r"\r+\n", "\n", text).split("\n")]
    if lines and lines[-1].strip() == prompt:
        lines.pop()
    for number, line in enumerate(lines):
        if command in line:
            lines = lines[number + 1 :]
            break
    text = "\n".join(lines)
    return text if not text or text.endswith("\n") else text + "\n"
