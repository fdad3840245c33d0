"""Texts that somebody gathered by hand, as captures of hosts: file names and session logs in the forms people have.

A name says the command in full or short, with blanks, underscores or hyphens, behind the host's name or in a folder of
that name. A session log is cut at its prompts. What is not used is told with its reason.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from itertools import count, zip_longest
from pathlib import PurePath

from collectors import index, lines, structured
from licsweep.files import decoded

_PROMPT = re.compile(
    r"^[ \t]*([A-Za-z0-9][\w.\-/()@:~]{0,63}?)(?:\([^)\n]*\))?[#>][ \t]*([^\n]*?)[ \t\r]*$", re.MULTILINE
)
_SHOW = r"(?:do[ _-]+)?sh(?:ow?)?"
_FLAT = re.compile(rf"^(?P<host>.+?)[ _-]+(?P<command>{_SHOW}[ _-]+.+)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class GatheredFile:
    """A file as it was found: `path` for people, `name` with the folders that may name its host, its bytes and time."""

    path: str
    name: PurePath
    raw: bytes
    modified: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GatheredText:
    """The answer to one command of one host; `host_folder` tells two folders of one host name apart."""

    hostname: str
    host_folder: str | None
    command: str
    text: str
    path: str
    modified: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Unused:
    """A file, or a part of it, that was not used."""

    path: str
    reason: str


def texts_of(
    files: Iterable[GatheredFile | Unused], known_hosts: frozenset[str] = frozenset()
) -> tuple[list[GatheredText], list[Unused]]:
    """The texts of all files, and what was not used, which some `files` are from the start.

    `known_hosts` are names of the inventory, which decide a doubt.
    """
    texts: list[GatheredText] = []
    unused: list[Unused] = []
    for file in files:
        if isinstance(file, Unused):
            unused.append(file)
        elif found := list(_texts_of(file, known_hosts)):
            texts += found
        else:
            unused.append(Unused(path=file.path, reason=_why_unused(file)))
    kept: dict[tuple[str, str], GatheredText] = {}
    for text in sorted(_told_apart(texts), key=lambda text: text.modified):
        before = kept.get((text.hostname, text.command))
        if before:
            unused.append(
                Unused(path=before.path, reason=f"{text.path} holds a later {text.command} of {text.hostname}")
            )
        kept[text.hostname, text.command] = text
    return list(kept.values()), unused


@cache
def full_command(typed: str) -> str | None:
    """The command that a person's short form stands for (`sh lic all`); None where it is none that is read here.

    Each word may be cut; where several commands fit, the one with as many words of the fewest letters more.
    """
    words = re.sub(r"[_\-\s]+", " ", typed).strip().lower().split()
    if words[:1] == ["do"]:
        words = words[1:]
    fitting = [
        command
        for command in _commands()
        if len(command.split()) == len(words)
        and all(full.replace("-", "").startswith(word) for full, word in zip(command.split(), words, strict=True))
    ]
    joined = [command for command in _commands() if re.sub(r"[\s-]+", " ", command).split() == words]
    return min(joined or fitting, key=len, default=None)


@cache
def _commands() -> tuple[str, ...]:
    return tuple(dict.fromkeys(form.command for form in index.forms()))


def _texts_of(file: GatheredFile, known_hosts: frozenset[str]) -> Iterator[GatheredText]:
    text = decoded(file.raw)
    stem, folder = file.name.stem, file.name.parent.name
    host_folder: str | None = str(file.name.parent)
    named = full_command(stem)
    flat = None if named else _FLAT.match(stem)
    if flat and full_command(flat["command"]):
        named, folder, host_folder = full_command(flat["command"]), flat["host"].strip(), None
    parts = session_parts(text)
    if len(parts) > (1 if named else 0):
        if len({host for host, _, _ in parts}) == 1:
            name = _host_of_log(parts[0][0], stem, folder, known_hosts)
            parts = [(name, asked, part) for _, asked, part in parts]
    elif command := named or _command_of(text):
        parts = [(folder, command, text)]
    else:
        parts = []
    for host, asked, part in parts:
        yield GatheredText(
            hostname=host,
            host_folder=host_folder if host == folder else None,
            command=asked,
            text=part,
            path=file.path,
            modified=file.modified,
        )


def session_parts(text: str) -> list[tuple[str, str, str]]:
    """Host name of the prompt, command, and answer, of each command in a session log that is read here."""
    prompts = [(found, full_command(found[2])) for found in _PROMPT.finditer(text)]
    hosts = {found[1] for found, command in prompts if command}
    marks = [(found, command) for found, command in prompts if found[1] in hosts]
    parts = []
    for (found, command), following in zip_longest(marks, [mark for mark, _ in marks[1:]]):
        if command:
            end = following.start() if following else len(text)
            parts.append((found[1], command, text[found.end() : end].lstrip("\r\n")))
    return parts


def _host_of_log(prompt: str, stem: str, folder: str, known_hosts: frozenset[str]) -> str:
    """The inventory decides; else the file or folder that has the prompt's name, else the prompt."""
    for name in (stem, folder, prompt):
        if name in known_hosts:
            return name
    return next((name for name in (stem, folder) if name.lower() == prompt.lower()), prompt)


def _command_of(text: str) -> str | None:
    """The command of an output without its name: the one that all platforms agree on whose forms its lines fit."""
    said = structured.flattened(lines.printed(text).lines)
    forms = [form for platform in index.book()["forms"] if (form := index.find(platform, None, said))]
    found = {form.command for form in forms}
    return found.pop() if len(found) == 1 else None


def _told_apart(texts: Sequence[GatheredText]) -> Iterator[GatheredText]:
    """Two folders of one host name are two hosts, each under as much of its path as tells them apart."""
    folders: dict[str, set[str]] = {}
    for text in texts:
        if text.host_folder is not None:
            folders.setdefault(text.hostname, set()).add(text.host_folder)
    for text in texts:
        others = [PurePath(one).parts for one in folders.get(text.hostname, set()) - {text.host_folder}]
        if text.host_folder is None or not others:
            yield text
            continue
        mine = PurePath(text.host_folder).parts
        depth = next(n for n in count(2) if all(one[-n:] != mine[-n:] for one in others))
        yield replace(text, hostname="/".join(mine[-depth:]))


def _why_unused(file: GatheredFile) -> str:
    text = decoded(file.raw)
    if not text.strip():
        return "it is empty"
    if _PROMPT.search(text):
        return "it holds no answer to a license command after a prompt, and its name is none"
    return "neither its name nor its text tells a license command"
