"""Typical mistakes in a person's file are told in plain words with file, line and key, and no library's words."""

from datetime import date
from pathlib import Path
from typing import Any, Literal

import pytest

from licsweep.checked import Quantity
from licsweep.errors import InputError
from licsweep.model import Record, Utc
from licsweep.serialization import check_json, load_yaml_file

LIBRARY = ("Input", "Value error", "Extra", "Field", "Unable", "constructor", "token", "expected ','", "input should")


class Row(Record):
    name: str
    kind: Literal["term", "demo"] = "term"
    quantity: Quantity = 0
    port: int = 22
    share: float = 1.0
    active: bool = False
    end: date | None = None
    at: Utc | None = None
    tags: tuple[str, ...] = ()
    inner: dict[str, int] | None = None


MISTAKES = {
    "name: x\nnmae: y\n": ":2: nmae: is no known key",
    "kind: term\n": ": name: is missing",
    "name: 12\n": ":1: name: must be text; write a number or a date in quotes",
    "name: x\nkind: perpetual\n": ":2: kind: must be 'term' or 'demo'",
    "name: x\nquantity: -1\n": ":2: quantity: is not a whole number",
    "name: x\nquantity: yes\n": ":2: quantity: is not a whole number",
    "name: x\nport: many\n": ":2: port: must be a whole number",
    "name: x\nport: 2.5\n": ":2: port: must be a whole number",
    "name: x\nshare: half\n": ":2: share: must be a number",
    "name: x\nactive: perhaps\n": ":2: active: must be true or false",
    "name: x\non: yes\n": "a key must be text",
    "name: x\nend: soon\n": ":2: end: must be a date",
    "name: x\nat: soon\n": ":2: at: a date is written as",
    "name: x\nat: 5\n": ":2: at: a date is written as",
    "name: x\ntags: a\n": ":2: tags: must be a list",
    "name: x\ninner: [1]\n": ":2: inner: must be keys with values",
    "- name: x\n": "the whole file: must be keys with values",
    "name: [a, b\n": "a bracket, a quote or an indentation does not fit",
    "name: 'a\n": "a bracket, a quote or an indentation does not fit",
    "name: a: b\n": ":1: not valid YAML: a colon does not fit here",
    "name:\n\t- a\n": ":2: not valid YAML: a value begins with a tab",
    "name: !x y\n": ":1: not valid YAML: a word that begins with !",
    "name: *x\n": ":1: not valid YAML: a word that begins with *",
}


def said_of(error: InputError) -> str:
    return f"{error.what}: {error.why}"


@pytest.mark.parametrize(("text", "told"), MISTAKES.items())
def test_a_mistake_is_told_in_plain_words(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "row.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        load_yaml_file(path, Row)
    said = said_of(caught.value)
    assert said.startswith(str(path))
    assert told in said
    assert [word for word in LIBRARY if word in said] == []


def test_without_a_mistake_the_row_is_read(tmp_path: Path) -> None:
    path = tmp_path / "row.yaml"
    path.write_text("name: x\nend: 2026-01-31\ntags: [a]\n")
    assert load_yaml_file(path, Row) == Row(name="x", end=date(2026, 1, 31), tags=("a",))


@pytest.mark.parametrize(
    "raw", ['{"name": 1}', '{"name": "x", "tags": "a"}', '{"name": "x", "end": 5}', "{", '{"a": 1}']
)
def test_json_too(raw: str) -> None:
    with pytest.raises(InputError) as caught:
        check_json(raw, Row, "row 1")
    assert [word for word in LIBRARY if word in said_of(caught.value)] == []


def test_a_kind_of_mistake_that_nobody_thought_of_names_its_place(tmp_path: Path) -> None:
    path = tmp_path / "row.yaml"
    path.write_text("a: x\n")
    with pytest.raises(InputError, match=":1: a: has not the expected form") as caught:
        load_yaml_file(path, dict[str, type[Any]])
    assert [word for word in LIBRARY if word in said_of(caught.value)] == []
