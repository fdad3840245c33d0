"""index.yaml of each platform's package of templates, as frozen types: which form an output has, and which tables read
which of its sections. The shared one of licsweep.templates is everybody's.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from collectors.lines import Line
from licsweep.errors import UsageError
from licsweep.platforms import Platform, platforms

OWN_PACKAGE = "licsweep.templates"


@dataclass(frozen=True, slots=True, eq=False)
class TableRef:
    """A template of a `package` and where its rows go: `into` a list, or None for fields of the observation.

    Of a REST answer `paths` stand in for the template: path of a value -> field, or how to take fields out of it.
    """

    name: str
    template: str = ""
    package: str = OWN_PACKAGE
    into: str | None = None
    whole: tuple[str, ...] = ()
    proof: tuple[str, ...] = ()
    bare: tuple[str, ...] = ()
    unique: tuple[str, ...] = ()
    each: str | None = None
    paths: Mapping[str, Any] | None = None


NEVER = re.compile(r"(?!)")
"""The pattern that no line fits."""


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """A part of an output under its heading."""

    name: str
    heading: re.Pattern[str]
    tables: tuple[TableRef, ...]
    counted: bool
    known: re.Pattern[str] = NEVER
    continues: re.Pattern[str] = NEVER
    inside: re.Pattern[str] = NEVER
    states: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Need:
    """A proof that the text is whole: one of `any_of` was printed: a section, or a table, ".", and a value of it."""

    any_of: tuple[tuple[str, str, str], ...]
    from_agent: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """One shape of one command's output on one platform."""

    platform: str
    command: str
    form: str
    recognize: tuple[re.Pattern[str], ...]
    sections: tuple[Section, ...]
    needs: tuple[Need, ...]
    also: re.Pattern[str] = NEVER
    unless: re.Pattern[str] = NEVER
    states: Mapping[str, str] = field(default_factory=dict)
    prose: bool = False
    tables: tuple[TableRef, ...] = ()
    known: re.Pattern[str] = NEVER
    root: str | None = None
    pages: str | None = None


def version(text: str) -> tuple[int, ...]:
    """The number of an agent: 5.3.10_rel/25 -> (5, 3, 10)."""
    found = re.match(r"\d+(?:\.\d+)*", text)
    return tuple(int(part) for part in found.group().split(".")) if found else ()


def data(name: str, package: str = OWN_PACKAGE) -> Any:
    """A YAML file of a package of templates."""
    text = files(package).joinpath(name).read_text("utf-8")
    return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 (both are safe loaders)


@lru_cache(maxsize=1)
def book() -> dict[str, Any]:
    """All index files as one: the shared one, and each platform's with its forms under the platform's name.

    UsageError names the package whose index can't be read or gives a name another meaning.
    """
    shared = data("index.yaml")
    merged = {part: {**shared[part]} for part in ("tables", "sections", "groups", "needs")}
    forms: dict[str, Any] = {}
    for platform in sorted(platforms().values(), key=lambda platform: platform.name):
        try:
            index = data(f"{platform.name}/index.yaml", platform.templates)
        except (OSError, ImportError, yaml.YAMLError) as error:
            raise _unreadable(platform, str(error)) from error
        for part, names in merged.items():
            mine = index.get(part, {})
            if twice := names.keys() & mine.keys():
                raise _unreadable(platform, f"{part}: another index has {', '.join(sorted(twice))} already")
            names.update(mine)
        for row in index.get("tables", {}).values():
            row["package"] = platform.templates
        forms[platform.name] = index["forms"]
    return {**merged, "forms": forms}


def _unreadable(platform: Platform, why: str) -> UsageError:
    what = f"the templates of {platform.name} in the package {platform.templates} can't be read"
    return UsageError(what, why=why, hint="docs/adding-a-platform.md shows what the package holds")


def forms() -> tuple[Form, ...]:
    """The forms of all platforms."""
    return tuple(form for platform in book()["forms"] for form in forms_of(platform))


@lru_cache(maxsize=64)
def forms_of(platform: str) -> tuple[Form, ...]:
    """The forms of a platform: first those that it shares with another, then its own in the order of its file."""
    rows = book()["forms"]
    shared = [row for own in rows.values() for row in own if platform in row.get("platforms", ())]
    return tuple(_form(platform, row) for row in [*shared, *rows.get(platform, ())])


@lru_cache(maxsize=256)
def inside(form: Form) -> frozenset[re.Pattern[str]]:
    """Lines that only a section of licenses has, in any form of the command: a text may hold two outputs."""
    same = (one for one in forms_of(form.platform) if one.command == form.command)
    return frozenset(section.inside for one in same for section in one.sections)


def _form(platform: str, row: Mapping[str, Any]) -> Form:
    index = book()
    needs = (
        Need(tuple(name.partition(".") for name in _flat([need["needs"]], {})), version(need.get("from_agent", "")))
        for need in _flat(row["needs"], index["needs"])
    )
    return _made(  # type: ignore[no-any-return]
        Form,
        row,
        platform=platform,
        recognize=tuple(map(_pattern, row["recognize"])),
        sections=tuple(map(_section, _flat(row.get("sections", []), index["groups"]))),
        tables=tuple(map(_table, row.get("tables", ()))),
        known=_pattern(*_flat(row.get("known", []), {})),
        needs=tuple(needs),
    )


@lru_cache(maxsize=1024)
def _section(name: str) -> Section:
    row = book()["sections"][name]
    own = tuple(map(_table, row.get("tables", ())))
    parts = {"tables": own, "counted": any(table.into == "licenses" for table in own)}
    return _made(Section, row, name=name, known=_pattern(*row.get("known", ())), **parts)  # type: ignore[no-any-return]


@lru_cache(maxsize=1024)
def _table(name: str) -> TableRef:
    return _made(TableRef, book()["tables"][name], name=name)  # type: ignore[no-any-return]


def answer_name(platform: str, command: str) -> str | None:
    """The name that an answer counts under: of a REST answer its path without query and prefix, so that pages are one
    answer; else, and of one object of many (ID), the command itself. None where no form reads it."""
    asked = _asked(platform, command)
    of_path = asked and asked[-1].tables and not asked[-1].command.endswith("/ID")
    return None if not asked else asked[-1].command if of_path else command


def find(platform: str, command: str | None, lines: Sequence[Line], echo: str | None = None) -> Form | None:
    """The first form that the lines fit, else the last of the command.

    `command` None leaves it to the echo, where it names a command that is read here, else to the lines. UsageError
    where platform or command is unknown; None where nothing tells.
    """
    if not forms_of(platform):
        raise _unknown("platform", platform, (form.platform for form in forms()))
    mine = _asked(platform, command or echo or "")
    if command is not None and not mine:
        raise _unknown("command", command, (form.command for form in forms_of(platform)))
    fallback = mine[-1] if mine else None
    return next((form for form in mine or forms_of(platform) if fits(form, lines)), fallback)


@lru_cache(maxsize=1024)
def _asked(platform: str, typed: str) -> tuple[Form, ...]:
    """The forms of a command, which may be abbreviated as on a console and followed by a pipe."""
    words = " ".join(typed.lower().split())
    for wanted in (words, expanded(platform, words), expanded(platform, words.partition("|")[0])):
        own = tuple(form for form in forms_of(platform) if form.command.lower() == wanted)
        others = tuple(form for form in forms_of(platform) if form not in own and form.also.fullmatch(wanted))
        if own or others:
            return others + own
    return ()


def expanded(platform: str, typed: str) -> str:
    """`sh lic sum` -> `show license summary`; a word that fits none or several of the platform's stays as it is."""
    known = [form.command.lower().split() for form in forms_of(platform)]
    words: list[str] = []
    for place, word in enumerate(typed.lower().split()):
        next_ones = {row[place] for row in known if row[:place] == words and len(row) > place}
        fitting = {one for one in next_ones or {one for row in known for one in row} if one.startswith(word)}
        words.append(fitting.pop() if len(fitting) == 1 else word)
    return " ".join(words)


def fits(form: Form, lines: Sequence[Line]) -> bool:
    """Whether each pattern of the form is met by some line, and the one against it by none."""
    return all(_met(pattern, lines) for pattern in form.recognize) and not _met(form.unless, lines)


def _met(pattern: re.Pattern[str], lines: Sequence[Line]) -> bool:
    fullmatch = pattern.fullmatch
    return pattern is not NEVER and any(fullmatch(text) for _, text in lines)


def _unknown(what: str, name: str, known: Iterable[str]) -> UsageError:
    choices = ", ".join(dict.fromkeys(known))
    return UsageError(f"unknown {what} {name!r}", why="no template reads it", hint=f"one of: {choices}")


def _made(kind: Any, row: Mapping[str, Any], **parts: Any) -> Any:
    """A record of a row: lists as tuples, patterns compiled; `parts` are the fields that need more than the row."""
    given = {each.name: row[each.name] for each in fields(kind) if each.name in row.keys() - parts.keys()}
    for key, value in given.items():
        if isinstance(value, list):
            given[key] = tuple(value)
        if key in ("heading", "continues", "inside", "also", "unless"):
            given[key] = _pattern(value)
    return kind(**given, **parts)


def _pattern(*texts: str) -> re.Pattern[str]:
    return re.compile("|".join(texts), re.IGNORECASE | re.ASCII) if texts else NEVER


def _flat(items: list[Any], names: Mapping[str, list[Any]]) -> Iterator[Any]:
    """The items, lists among them and names for lists opened."""
    for item in items:
        if isinstance(item, list):
            yield from _flat(item, names)
        elif isinstance(item, str) and item in names:
            yield from _flat(names[item], names)
        else:
            yield item
