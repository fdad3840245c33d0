"""templates/index.yaml as frozen types: which form an output has, and which tables read which of its sections."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from collectors.lines import Line
from licsweep.errors import UsageError


@dataclass(frozen=True, slots=True)
class TableRef:
    """A template and where its rows go: `into` a list, or None for fields of the observation."""

    name: str
    template: str | None = None
    ntc: str | None = None
    into: str | None = None
    values: Mapping[str, str] | None = None
    whole: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """A part of an output under its heading."""

    name: str
    heading: re.Pattern[str]
    tables: tuple[TableRef, ...]
    known: re.Pattern[str] | None
    continues: re.Pattern[str] | None


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
    recognise: tuple[re.Pattern[str], ...]
    sections: tuple[Section, ...]
    needs: tuple[Need, ...]
    states: Mapping[str, str] = field(default_factory=dict)
    prose: bool = False


def version(text: str) -> tuple[int, ...]:
    """The number of an agent: 5.3.10_rel/25 -> (5, 3, 10)."""
    found = re.match(r"\d+(?:\.\d+)*", text)
    return tuple(int(part) for part in found.group().split(".")) if found else ()


def data(name: str) -> Any:
    """A YAML file of the templates folder."""
    text = files("licsweep.templates").joinpath(name).read_text("utf-8")
    return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 (both are safe loaders)


@lru_cache(maxsize=1)
def forms() -> tuple[Form, ...]:
    """Every form, in the order of the file."""
    index = data("index.yaml")
    tables = {name: _table(name, row) for name, row in index["tables"].items()}
    sections = {name: _section(name, row, tables) for name, row in index["sections"].items()}
    return tuple(_form(row, sections) for row in index["forms"])


def commands(platform: str) -> set[str]:
    """The commands that some form reads."""
    return {form.command for form in forms() if form.platform == platform}


def find(platform: str, command: str | None, lines: Sequence[Line]) -> Form | None:
    """The first form that the lines fit, else the last of the command; `command` None leaves it to the text.

    UsageError where platform or command is unknown; None where the text alone fits nothing.
    """
    mine = [form for form in forms() if form.platform == platform]
    if not mine:
        raise _unknown("platform", platform, (form.platform for form in forms()))
    fallback = None
    if command is not None:
        wanted = " ".join(command.lower().split())
        mine = [form for form in mine if form.command == wanted]
        if not mine:
            raise _unknown("command", command, (form.command for form in forms() if form.platform == platform))
        fallback = mine[-1]
    return next((form for form in mine if fits(form, lines)), fallback)


def fits(form: Form, lines: Sequence[Line]) -> bool:
    """Whether each pattern of the form is met by some line."""
    return all(any(pattern.fullmatch(line.text) for line in lines) for pattern in form.recognise)


def _unknown(what: str, name: str, known: Iterable[str]) -> UsageError:
    choices = ", ".join(dict.fromkeys(known))
    return UsageError(f"unknown {what} {name!r}", why="no template reads it", hint=f"one of: {choices}")


def _pattern(text: str | None) -> re.Pattern[str] | None:
    return re.compile(text, re.IGNORECASE) if text else None


def _table(name: str, row: dict[str, Any]) -> TableRef:
    return TableRef(name, **{**row, "whole": tuple(row.get("whole", ()))})


def _section(name: str, row: dict[str, Any], tables: Mapping[str, TableRef]) -> Section:
    return Section(
        name,
        re.compile(row["heading"], re.IGNORECASE),
        tuple(tables[table] for table in row.get("tables", ())),
        _pattern("|".join(row.get("known", ()))),
        _pattern(row.get("continues")),
    )


def _form(row: dict[str, Any], sections: Mapping[str, Section]) -> Form:
    return Form(
        platform=row["platform"],
        command=row["command"],
        form=row["form"],
        recognise=tuple(re.compile(text, re.IGNORECASE) for text in row["recognise"]),
        sections=tuple(sections[name] for name in _flat(row["sections"])),
        needs=tuple(
            Need(tuple(_flat([need["needs"]])), version(need.get("from_agent", ""))) for need in _flat(row["needs"])
        ),
        states=row.get("states", {}),
        prose=row.get("prose", False),
    )


def _flat(items: list[Any]) -> Iterator[Any]:
    for item in items:
        if isinstance(item, list):
            yield from _flat(item)
        else:
            yield item
