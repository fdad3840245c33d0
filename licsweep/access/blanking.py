"""Words that must never be stored are blanked here, line by line, before anything else sees the text."""

import re

BLANKED = "<removed>"
# `show license all` prints the proxy's words; `<empty>` and an empty value say "not set" and stay.
_PROXY_WORD = re.compile(
    r"^(?P<label>[ \t]*(?:proxy[ \t]+)?(?:user ?name|password)[ \t]*:[ \t]*)"
    r"(?!<(?:empty|none)>[ \t]*\r?$)\S.*?(?P<end>\r?)$",
    re.IGNORECASE | re.MULTILINE,
)


def blank(text: str) -> str:
    """The text with proxy user names and passwords replaced by `<removed>`; no line is added or lost."""
    return _PROXY_WORD.sub(rf"\g<label>{BLANKED}\g<end>", text)
