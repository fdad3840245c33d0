"""index.yaml of each platform's package of templates, as frozen types: which form an output has, and which tables read
which of its sections. The shared one of licsweep.templates is everybody's.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from collectors.lines import Line
from licsweep.errors import UsageError
from licsweep.platforms import Platform, platforms

OWN_PACKAGE = "licsweep.templates"


@dataclass(frozen=True, slots=True)
class TableRef:
    """A template of a `package` and where its rows go: `into` a list, or None for fields of the observation."""

    name: str
    package: str = OWN_PACKAGE
    template: str | None = None
    ntc: str | None = None
    into: str | None = None
    values: Mapping[str, str] | None = None
    whole: tuple[str, ...] = ()
    proof: tuple[str, ...] = ()
    bare: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """A part of an output under its heading."""

    name: str
    heading: re.Pattern[str]
    tables: tuple[TableRef, ...]
    known: re.Pattern[str] | None
    continues: re.Pattern[str] | None
    strict: bool

    @property
    def counted(self) -> bool:
        """Whether its rows would count twice if it stood twice."""
        return any(table.whole for table in self.tables)


@dataclass(frozen=True, slots=True)
class Need:
    """A proof that the text is whole: one of `any_of` was printed."""

    any_of: tuple[str, ...]
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
    also: re.Pattern[str] | None = None
    unless: re.Pattern[str] | None = None
    states: Mapping[str, str] = field(default_factory=dict)
    prose: bool = False


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


@lru_cache(maxsize=1)
def forms() -> tuple[Form, ...]:
    """Every form: of a platform those that it shares with another first, then its own in the order of its file."""
    index = book()
    tables = {name: _table(name, row) for name, row in index["tables"].items()}
    sections = {name: _section(name, row, tables) for name, row in index["sections"].items()}
    rows = [(platform, row) for platform, own in index["forms"].items() for row in own]
    shared = [(platform, row) for _, row in rows for platform in row.get("platforms", ())]
    return tuple(_form(platform, row, index, sections) for platform, row in shared + rows)


def commands(platform: str) -> set[str]:
    """The commands that some form reads."""
    return {form.command for form in forms() if form.platform == platform}


def find(platform: str, command: str | None, lines: Sequence[Line]) -> Form | None:
    """The first form that the lines fit, else the last of the command; `command` None leaves it to the text.

    UsageError where platform or command is unknown; None where the text alone fits nothing.
    """
    mine = _of(platform)
    if not mine:
        raise _unknown("platform", platform, (form.platform for form in forms()))
    fallback = None
    if command is not None:
        wanted = " ".join(command.lower().split())
        mine = tuple(form for form in mine if form.command == wanted or (form.also and form.also.fullmatch(wanted)))
        if not mine:
            raise _unknown("command", command, (form.command for form in forms() if form.platform == platform))
        fallback = mine[-1]
    return next((form for form in mine if fits(form, lines)), fallback)


@lru_cache(maxsize=64)
def _of(platform: str) -> tuple[Form, ...]:
    return tuple(form for form in forms() if form.platform == platform)


def fits(form: Form, lines: Sequence[Line]) -> bool:
    """Whether each pattern of the form is met by some line, and the one against it by none."""
    if form.unless and any(form.unless.fullmatch(line.text) for line in lines):
        return False
    return all(any(pattern.fullmatch(line.text) for line in lines) for pattern in form.recognize)


def _unknown(what: str, name: str, known: Iterable[str]) -> UsageError:
    choices = ", ".join(dict.fromkeys(known))
    return UsageError(f"unknown {what} {name!r}", why="no template reads it", hint=f"one of: {choices}")


def _pattern(text: str | None) -> re.Pattern[str] | None:
    return re.compile(text, re.IGNORECASE) if text else None


def _table(name: str, row: dict[str, Any]) -> TableRef:
    given: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    return TableRef(name, **given)


def _section(name: str, row: dict[str, Any], tables: Mapping[str, TableRef]) -> Section:
    return Section(
        name,
        re.compile(row["heading"], re.IGNORECASE),
        tuple(tables[table] for table in row.get("tables", ())),
        _pattern("|".join(row.get("known", ()))),
        _pattern(row.get("continues")),
        row.get("strict", False),
    )


def _form(platform: str, row: dict[str, Any], index: Mapping[str, Any], sections: Mapping[str, Section]) -> Form:
    return Form(
        platform=platform,
        command=row["command"],
        form=row["form"],
        recognize=tuple(re.compile(text, re.IGNORECASE) for text in row["recognize"]),
        sections=tuple(sections[name] for name in _flat(row["sections"], index["groups"])),
        needs=tuple(
            Need(tuple(_flat([need["needs"]], {})), version(need.get("from_agent", "")))
            for need in _flat(row["needs"], index["needs"])
        ),
        also=_pattern(row.get("also")),
        unless=_pattern(row.get("unless")),
        states=row.get("states", {}),
        prose=row.get("prose", False),
    )


def _flat(items: list[Any], names: Mapping[str, list[Any]]) -> Iterator[Any]:
    """The items, lists among them and names for lists opened."""
    for item in items:
        if isinstance(item, list):
            yield from _flat(item, names)
        elif isinstance(item, str) and item in names:
            yield from _flat(names[item], names)
        else:
            yield item
