"""Texts of a real box without what tells whose it is: each such word becomes an invented one, everywhere the same.

What is replaced: words that the caller knows to be the site's own, words that stand behind a label that announces one
(`Smart Account:`), and whatever has the shape of a serial, an address, a host name of the site, a mail address or a
UUID. The vendor's words stay: entitlement tags with their UUIDs, cisco.com, every word that a template knows. Shapes
and labels are data: scrubbing.yaml.
"""

import re
from collections.abc import Callable, Container, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from licsweep.serialization import load_yaml_file

Kind = Literal["host", "serial", "uuid", "ipv4", "ipv6", "mac", "mail", "account", "word", "digits"]

_UUID = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
_REGID = rf"(?:{_UUID})?regid\.[^\s)<\"]+"  # a column that overflows sets the tag's UUID before it
_TABLE = load_yaml_file(Path(__file__).with_suffix(".yaml"), dict[str, Any])
_SHAPES: list[tuple[Kind, re.Pattern[str]]] = [(kind, re.compile(shape)) for kind, shape in _TABLE["shapes"]]
_VENDOR, _NOTHING = (re.compile("|".join(_TABLE[name]), re.IGNORECASE) for name in ("vendor", "nothing"))
_ANNOUNCED = {  # how a label or a key stands before its word
    "labels": r"^(?:.*[\s,;])?(?:NAMES)\s*[:=]\s*(?!Ours )(\S.*?)(?=\s+As of\b|\s*$|\s*,|</)",
    "keys": r"(?:\"(?:NAMES)\"\s*:\s*\"|<(?:NAMES)>)([^\"<]+)",
}
_LABELLED: list[tuple[Kind, re.Pattern[str]]] = [
    (kind, re.compile(form.replace("NAMES", "|".join(names)), re.IGNORECASE | re.MULTILINE))
    for table, form in _ANNOUNCED.items()
    for kind, names in _TABLE[table].items()
]
FIELDS: Mapping[str, Kind] = {name: kind for kind, names in _TABLE["fields"].items() for name in names}
"""Fields of an observation, wherever they lie, that hold a word of the site."""
_PRINTED: list[tuple[Kind, re.Pattern[str]]] = [
    (kind, re.compile(place, re.MULTILINE)) for kind, place in _TABLE["printed"]
]
_SHORTEST = 3


class Scrubber:
    """Learns words from many texts, then replaces them. `invented` is original (case folded) to invented.

    `vendor_words` (case folded) are what a box prints of itself, whoever owns it; `own` are words of the site.
    """

    def __init__(self, own: Iterable[tuple[Kind, str]], vendor_words: Container[str]) -> None:
        self.invented: dict[str, str] = {}
        self._vendor_words = vendor_words
        self._made: dict[Kind, int] = {}
        for kind, word in own:
            self.add(kind, word)

    def add(self, kind: Kind, word: str, *, announced: bool = False) -> None:
        """One word of the site. A word that templates know too is replaced only where a label `announced` it."""
        word = " ".join(word.split())
        known = word.casefold() in self._vendor_words and not announced
        if len(word) < _SHORTEST or "://" in word or known or _NOTHING.fullmatch(word) or _VENDOR.fullmatch(word):
            return
        if word.casefold() not in self.invented and word not in self.invented.values():
            self._made[kind] = number = self._made.get(kind, 0) + 1
            self.invented[word.casefold()] = _INVENT[kind](number, word)

    def learn(self, text: str) -> None:
        """Finds words of the site by shapes and labels."""
        for kind, word in shaped(text):
            self.add(kind, word)
        for kind, labelled in _LABELLED:
            for found in labelled.finditer(text):
                self.add(kind, found[1], announced=kind != "host")
        for kind, place in _PRINTED:
            for found in place.finditer(text):
                self.add(kind, found[1])

    def scrub(self, text: str) -> str:
        """The text with every word replaced, longest first; entitlement tags are left alone."""
        return self._pattern().sub(self._swap, text)

    def scrub_all(self, node: Any) -> Any:
        """The same for every string in plain dicts and lists."""
        if isinstance(node, dict):
            return {key: self.scrub_all(value) for key, value in node.items()}
        if isinstance(node, list):
            return [self.scrub_all(one) for one in node]
        return self.scrub(node) if isinstance(node, str) else node

    def left(self, text: str) -> list[str]:
        """Words of the site that still stand in a text, and shapes that nobody invented."""
        invented = {word.casefold() for word in self.invented.values()}
        found = [match[0] for match in self._pattern().finditer(text) if "regid." not in match[0]]
        found += [word for _, word in shaped(text) if word.casefold() not in invented]
        return sorted({word for word in found if not _VENDOR.fullmatch(word) and word.casefold() not in invented})

    def _pattern(self) -> re.Pattern[str]:
        words = sorted(self.invented, key=len, reverse=True)
        either = "|".join(r"\s+".join(map(re.escape, word.split())) for word in words)
        return re.compile(rf"{_REGID}|(?<![A-Za-z0-9])(?:{either or '(?!)'})(?![A-Za-z0-9])", re.IGNORECASE)

    def _swap(self, found: re.Match[str]) -> str:
        return found[0] if "regid." in found[0] else self.invented[" ".join(found[0].split()).casefold()]


def shaped(text: str) -> list[tuple[Kind, str]]:
    """Words that have the shape of something of the site."""
    bare = re.sub(_REGID, lambda found: " " * len(found[0]), text)
    found: list[tuple[Kind, str]] = []
    for kind, shape in _SHAPES:
        found += [(kind, word[0]) for word in shape.finditer(bare) if not _VENDOR.fullmatch(word[0])]
        bare = shape.sub(lambda word: " " * len(word[0]), bare)
    return found


def _serial(number: int, word: str) -> str:
    """The same length, the letters in front kept: they name a factory, not a box."""
    head = (re.match(r"[A-Z]{0,3}", word) or [""])[0]
    return head + f"{number:0{max(1, len(word) - len(head))}}"


def _mac(number: int, word: str) -> str:
    digits = iter(f"00005e0053{number % 256:02x}")
    return re.sub(r"[0-9a-fA-F]", lambda _: next(digits), word)


_PER_NET = 254
_NETS = ("192.0.2", "198.51.100", "203.0.113")
_INVENT: Mapping[Kind, Callable[[int, str], str]] = {
    "host": lambda n, word: f"host-{n:02}" + (".cdo" * (".cdo." in word) + ".example") * ("." in word),
    "serial": _serial,
    "uuid": lambda n, _: f"00000000-0000-0000-0000-{n:012}",
    "ipv4": lambda n, _: f"{_NETS[(n - 1) // _PER_NET % len(_NETS)]}.{(n - 1) % _PER_NET + 1}",
    "ipv6": lambda n, _: f"2001:db8::{n:x}",
    "mac": _mac,
    "mail": lambda n, _: f"person{n}@example.com",
    "account": lambda n, _: f"Example Account {n}",
    "word": lambda n, _: f"word-{n}",
    "digits": lambda n, word: f"Sub{n:06}" if word.startswith("Sub") else f"{n:0{len(word)}}",
}
"""How words are invented, from a number and the word. Addresses are those set aside for documentation."""
