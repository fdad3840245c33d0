"""Secrets are removed from texts before anything else sees them: the run's own words and whatever looks like a secret.

The run's own words are looked for in each form in which a box echoes them. Everything else is known by the word before
it (`password 7 ...`, `"token": "..."`, `snmp-server community ...`) or by its shape (a hash, a key block, `user:pw@`).
Lines stay lines, what is no secret stays as it was printed, and each step takes time in proportion to the text.
"""

import html
import json
import re
from base64 import b64encode
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from urllib.parse import quote, quote_plus

BLANKED = "<removed>"
_SHORTEST, _ONE_CASE = 6, 12
_BASE64, _BASE64_BEFORE = re.compile(r"[\w+/=-]*"), re.compile(r"[\w+/=-]*\Z")
_ESCAPE = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b\n]*\x07?|.)?")
_PRINTED = re.compile(r"\S(?:.*\S)?")  # a line without the blanks at its ends, so that a wrapped word is one again
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

_NAME = r"(?:pass(?:word|wd|phrase|code)|pwd|secret|community|(?:id[ _-]?)?token|psk|cookie)"
_KEY = rf"(?:(?:api|private|shared|encryption|secret|access|auth)[ _-]?key|key-string|pre-?shared-?key|{_NAME})"
_LINE_NAME = r"(?:(?:https?[ -]?)?proxy[ _-]*)?(?:user ?name|password|passphrase|secret|(?:id )?token|community)"
_UNSET = r"(?!(?:<(?:empty|none|removed)>|none|null|true|false|\*+)[,;]?\s*$)"
_KIND = (  # what may stand between the name of a secret and the secret
    r"(?:(?:\d{1,2}|level \d+|(?:un)?encrypted|clear(?:-?text)?|plain(?:-?text)?|ascii|hex|hidden|string|"
    r"md5|sha\S{0,4}|aes(?: \d+)?|des|3des|address \S{1,64} key|local|remote|password|secret)[ \t]+){0,4}+"
)
_PROSE = (  # a sentence about passwords
    r"(?!(?:is|are|was|has|have|had|not|must|may|can|will|for|of|to|in|on|and|or|with|from|by|as|be|at|the|an?|"
    r"refused|rejected|accepted|denied|failed|wrong|required|expired|expires?|expiration|incorrect|invalid|recovery|encryption|policy|changed?|changes|set|unset|"
    r"configured|prompt|authentication|protected|names?|access|files?|count|status|types?|used|mode|keys?|installed|"
    r"generated|server|registration|valid|requirements?|strength|complexity|history|lifetime|minimum|aging|check)\b)"
)
_VALUE = r"(?P<secret>\"[^\"\n]+\"|'[^'\n]+'|[^\s\"'<>=:]\S*)"

# Each removes its group `secret`, in this order, in the lines that hold one of _MARKS.
_RULES = tuple(
    re.compile(rule, re.IGNORECASE)
    for rule in (
        # `show license all` prints the proxy's words; `<empty>` and an empty value say "not set" and stay.
        rf"^[ \t]*{_LINE_NAME}[ \t]*:[ \t]*{_UNSET}(?P<secret>\S(?:.*\S)?)\s*$",
        rf"(?P<q>\\*[\"'])[\w .:-]{{0,40}}?{_KEY}(?P=q)\s*:\s*(?P=q)(?P<secret>(?:(?!(?P=q))(?>\\.|.))++)(?P=q)",
        rf"[\"'][\w .:-]{{0,40}}?{_KEY}\\*[\"']\s*:\s*(?P<secret>[0-9][\w.+-]*)",
        rf"<[\w.:-]{{0,40}}?{_KEY}(?:\s[^<>]*)?>(?!<removed>)(?P<secret>[^<]+)(?=</)",
        rf"(?<![\w/])[\w.-]{{0,40}}?{_KEY}(?:[ _-](?:name|string|hash|word))?\s*[:=]+\s*{_UNSET}{_VALUE}",
        r"://(?P<secret>[^\s/@\"'<>]{0,128}:[^\s\"'<>]{0,128})@(?=[\w.\[-])",
        r"(?:^|\s)(?:-u|--user|--proxy-user)[ =](?P<secret>\S+:\S+)",
        r"authorization[\"']?\s*[:=]\s*[\"']?(?:basic|bearer|digest|negotiate|token)\s+(?P<secret>[^\s\"']+)",
        r"\bcookie:\s*(?P<secret>\S.*)$",
        rf"\bproxy[ _-]user(?:[ _-]?name)?+(?:\s*[:=]+\s*|\s+){_UNSET}{_VALUE}",
        r"\bsnmp-server host \S+ (?:vrf \S+ )?(?:(?:traps?|informs?) )?(?:version (?:1|2c|3 (?:no)?auth|3 priv) )?"
        r"(?!version|vrf|use-vrf|source-interface|filter-vrf)(?P<secret>\S+)",
        rf"\bsnmp-server user .{{0,200}}?\bauth (?:md5|sha\S*)[ \t]+{_VALUE}",
        rf"\bsnmp-server user .{{0,200}}?\bpriv(?:[ \t]+(?:aes|des|3des|aes-\d+)(?: \d+)?+)?+[ \t]+{_VALUE}",
        rf"\b(?:tacacs|radius|ldap|ntp|isakmp|ikev[12]|failover(?= key)|aaa-server|server-private|pre-shared-key)\b"
        rf".{{0,200}}?\b(?:key|psk)[ \t]+(?!chain|version|pair|type|config-key|rsa|length|size|id\b){_KIND}{_VALUE}",
        rf"^[ \t]*(?:no )?(?:set-)?key[ \t]+(?!chain|version|pair|generate|config-key|\d+\s*$){_KIND}{_VALUE}[ \t]*$",
        rf"\b(?:authentication-key|message-digest-key)[ \t]+(?:\d+ md5 (?:\d+ )?+)?+{_VALUE}",
        rf"\b(?:[\w-]{{0,40}}(?:pass(?:word|wd|phrase|code)|secret)|key-string|pre-?shared-?key|wpa-psk|psk|set-key|community|"
        rf"id[ -]?token|api-key|private-key|bindpw)[ \t]+{_KIND}{_PROSE}(?!<|\*+\s*$){_VALUE}",
        r"(?P<secret>\$(?:1|2[abxy]|5|6|8|9|14|nt|y|sha\d*|pbkdf2[\w-]{0,20})\$[\w./+$=-]{8,})",
        r"\b(?P<secret>eyJ[\w-]{10,300}\.[\w-]{1,4000}\.[\w-]{0,2000})",
        r"(?<![\w/+-])(?P<secret>[\w+/-]{24,}=*(?:%3D|%0A)[\w+/=%-]*)",
    )
)
_MARKS = (
    *("pass", "pwd", "secret", "communit", "token", "key", "psk", "cookie", "username", "user name", "proxy", "-u "),
    *("--user", "bindpw", "://", "authorization:", 'authorization"', "authorization=", "snmp-server", "$", "eyj"),
    *("%3d", "%0a", "\b", "\x1b", "\0"),
)
_LONG, _BEFORE, _STEP = 16_384, 64, 4_096
_HARMLESS: set[str] = set()  # lines seen lately in which no rule found a secret: boxes print the same over and over
_HARMLESS_LINES, _HARMLESS_WIDTH = 4_096, 200
_KEY_BLOCK = re.compile(
    r"(BEGIN [A-Z ]*PRIVATE KEY-----\r?)((?:\n(?:(?:Proc-Type|DEK-Info):.*|[A-Za-z0-9+/=]*\r?)$)+)", re.MULTILINE
)
_CONFIGURATION = re.compile(
    r"^(?:Building configuration|Current configuration\s*:|!Command: show (?:running|startup)|"
    r"!Running configuration last|!! IOS XR Configuration|: Saved\s*$)",
    re.MULTILINE,
)
_CONFIGURED = re.compile(
    r"^(hostname|interface|line (?:vty|con)|enable secret|enable password|username|ip route|router|snmp-server|aaa|"
    r"service|logging|ntp server|vlan|crypto|access-list|boot system|banner|end\s*$)",
    re.MULTILINE,
)
_AT_LEAST = 5


def blank(text: str, words: Collection[str] = ()) -> str:
    """The text with `<removed>` in place of secrets; `words` are those of this run. No line is added or lost.

    A word of fewer than six characters, one of digits, and one of fewer than twelve letters of one case (cisco) is
    removed only where it stands alone in its line or behind the name of a secret: elsewhere it may be no secret.
    """
    for word in words:
        text = _without_word(text, word)
    if "PRIVATE KEY-----" in text:
        text = _KEY_BLOCK.sub(lambda found: f"{found[1]}\n{BLANKED}" + "\n" * (found[2].count("\n") - 1), text)
    parts, done = [], 0
    for start, end in _marked(text):
        parts += [text[done:start], _blank_line(text[start:end])]
        done = end
    return "".join([*parts, text[done:]])


def is_configuration(text: str) -> bool:
    """Whether a text is a device's configuration, which no command of ours prints and which is full of secrets."""
    return bool(_CONFIGURATION.search(text)) or len(set(_CONFIGURED.findall(text))) >= _AT_LEAST


def _marked(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each line that may hold a secret; of a very long one, what stands around its marks."""
    lowered = _lower(text)
    start = end = 0
    for at in sorted({at for mark in _MARKS for at in _places(lowered, mark)}):
        first, last = text.rfind("\n", 0, at) + 1, text.find("\n", at)
        last = len(text) if last < 0 else last
        if last - first > _LONG:
            first, last = max(first, at - _BEFORE), min(last, at + 2 * _STEP)
        if first < end:
            end = max(end, last)
            continue
        if end:
            yield start, end
        start, end = first, last
    if end:
        yield start, end


def _places(text: str, mark: str) -> Iterator[int]:
    """Places of a mark: one in a line, in a long one the next behind each _STEP."""
    at = text.find(mark)
    while at >= 0:
        yield at
        line_end = text.find("\n", at, at + _STEP)
        at = text.find(mark, line_end if line_end >= 0 else at + _STEP)


def _blank_line(line: str) -> str:
    """A line without what the rules find; escapes and backspaces in it count as what a terminal shows."""
    if line in _HARMLESS:
        return line
    shown = "".join(line[at] for at in _shown(line)) if _CONTROL.search(line) else line
    blanked = shown
    for rule in _RULES:
        blanked = rule.sub(_take_out, blanked)
    if blanked != shown:
        return blanked
    if len(line) <= _HARMLESS_WIDTH:
        if len(_HARMLESS) >= _HARMLESS_LINES:
            _HARMLESS.clear()
        _HARMLESS.add(line)
    return line


def _take_out(found: re.Match[str]) -> str:
    start, end = (at - found.start() for at in found.span("secret"))
    quoted = found[0][start] in "\"'" and found[0][start] == found[0][end - 1] and end - start > 1
    return found[0][: start + quoted] + BLANKED + found[0][end - quoted :]


def _without_word(text: str, word: str) -> str:
    if not word.strip():
        return text
    if not _is_telling(word):
        alone = re.compile(rf"^([ \t]*){re.escape(word)}(?=[ \t\r]*$)", re.MULTILINE)
        return alone.sub(rf"\1{BLANKED}", text)
    parts, done = [], 0
    for start, end in sorted(_spans(text, word)):
        if end > done:
            lines = "\n" * text.count("\n", max(start, done), end)
            parts += [text[done:start], BLANKED + lines] if start >= done else [lines]
            done = end
    return "".join([*parts, text[done:]])


def _spans(text: str, word: str) -> Iterator[tuple[int, int]]:
    """Where a word stands: lines joined as a terminal wraps them, also with what a terminal hides taken out."""
    views: list[Sequence[int]] = [range(len(text))]
    if _CONTROL.search(text):
        views += [[at for at in _shown(text, erase=erase) if text[at] != "\b"] for erase in (True, False)]
    plain, encoded = _forms(word)
    for view in views:
        shown = text if len(view) == len(text) else "".join(map(text.__getitem__, view))
        seen = _lower("".join(map(str.strip, shown.split("\n"))))
        forms = [form for form in (*plain, *encoded) if all(part in seen for part in form.split())]
        printed = (found.span() for found in _PRINTED.finditer(shown)) if forms else ()
        places = [at for start, end in printed for at in view[start:end]]
        for form in forms:
            for found in re.finditer(re.escape(form).replace(r"\ ", " ?"), seen):
                start, end = places[found.start()], places[found.end() - 1] + 1
                yield _around(text, start, end) if form in encoded else (start, end)


def _around(text: str, start: int, end: int) -> tuple[int, int]:
    """The whole of what is encoded: the letters of base64 on both sides belong to it."""
    before, behind = _BASE64_BEFORE.search(text, max(0, start - 4096), start), _BASE64.match(text, end)
    return before.start() if before else start, behind.end() if behind else end


def _is_telling(word: str) -> bool:
    one_case = word.isalpha() and (word.islower() or word.isupper() or word.istitle())
    return len(word) >= _SHORTEST and not word.isdigit() and not (one_case and len(word) < _ONE_CASE)


@lru_cache(maxsize=64)
def _forms(word: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """How a word is echoed, in lower case: as it is, escaped for URL, HTML, XML and JSON, in hex; and in base64."""
    raw = word.encode()
    url = [quote(word, safe=""), quote(word), quote_plus(word), "".join(f"%{byte:02x}" for byte in raw)]
    marked = [html.escape(word).replace("&#x27;", apostrophe) for apostrophe in ("&#x27;", "&#39;", "&apos;")]
    marked += [html.escape(word, quote=False), *(json.dumps(word, ensure_ascii=only)[1:-1] for only in (True, False))]
    marked += [raw.hex(), raw.hex(" "), raw.hex(":")]
    encoded = []
    for before in range(3):  # a word stands at any place of what is encoded (user:word)
        bits = b64encode(b"\0" * before + raw).decode()
        inner = bits[(before * 8 + 5) // 6 : (before + len(raw)) * 8 // 6]
        encoded += [inner, inner.replace("+", "-").replace("/", "_")]
    plain = [word, *url, *(quote(form, safe="") for form in url[:3]), *marked]
    return tuple(dict.fromkeys(map(_lower, plain))), tuple(dict.fromkeys(map(_lower, encoded)))


def _shown(text: str, *, erase: bool = True) -> list[int]:
    """The places of the characters that a terminal shows; with `erase` a backspace takes the one before it away."""
    shown: list[int] = []
    hidden = 0
    escapes = {found.start(): found.end() for found in _ESCAPE.finditer(text)}
    for at, character in enumerate(text):
        hidden = max(hidden, escapes.get(at, 0))
        if at < hidden or (character != "\b" and _CONTROL.match(character)):
            continue
        if character != "\b" or not erase:
            shown.append(at)
        elif shown and text[shown[-1]] != "\n":
            shown.pop()
    return shown


def _lower(text: str) -> str:
    """In lower case and of the same length."""
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else "".join(character.lower()[:1] for character in text)
