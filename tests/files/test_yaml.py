"""YAML and JSON of strangers: bounded in depth and size, and every oddity is an error with file and line."""

import time
from pathlib import Path
from typing import Any

import pytest

from licsweep import serialization
from licsweep.errors import InputError
from licsweep.imports.files import load_json
from licsweep.serialization import load_yaml_file

LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{after}: &{after} [{', '.join([f'*{before}'] * 10)}]\n"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGES = "a: &a {x: 1}\n" + "".join(
    f"k{n}: &k{n} {{<<: [{', '.join([f'*{before}'] * 20)}]}}\n"
    for n, before in enumerate(["a", *(f"k{n}" for n in range(8))])
)
CHAIN = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 5000))
REFUSED = {
    "billion laughs": (LAUGHS, ":7: more than"),
    "merges of merges": (MERGES, "more than"),
    "a chain of aliases": (CHAIN, "more than 100 levels"),
    "a cycle": ("a: &a [*a]\n", ":1: an alias stands inside what it stands for"),
    "a cycle of two": ("a: &a\n  b: &b\n    - *a\n", "an alias stands inside"),
    "a cycle by merge": ("a: &a\n  <<: *a\n", "an alias stands inside"),
    "100,000 brackets": ("a: " + "[" * 100_000, "more than 100 levels"),
    "100,000 braces": ("a: " + "{a: " * 100_000, "more than 100 levels"),
    "100,000 dashes": ("- " * 100_000 + "x\n", "more than 100 levels"),
    "100,000 question marks": ("? " * 100_000 + "x\n", "more than 100 levels"),
    "deep by indentation": ("".join(" " * n + "a:\n" for n in range(500)), "more than 100 levels"),
    "two keys": ("a: 1\nb: 2\na: 3\n", ":3: a: stands there twice"),
    "a key that is a list": ("? [a]\n: b\n", ":1: a key is no plain word"),
    "a key that is a mapping": ("{a: 1}: b\n", "a key is no plain word"),
    "an object": ("a: !!python/object/apply:os.system [id]\n", "not valid YAML"),
    "a strange tag": ("a: !strange x\n", "not valid YAML"),
    "a number that is none": ("a: 1\nb: !!int x\n", ":2: no valid int"),
    "a truth that is none": ("a: !!bool x\n", "no valid bool"),
    "a day that is none": ("a: 2026-13-45\n", "no valid timestamp"),
    "a number of 10,000 digits": ("a: " + "1" * 10_000 + "\n", "no valid int"),
    "a null byte": ("a: \0\n", "character 3 is not allowed"),
    "two documents": ("a: 1\n---\nb: 2\n", "not valid YAML"),
    "an alias of nothing": ("a: *b\n", "not valid YAML"),
}


@pytest.mark.parametrize(("text", "told"), REFUSED.values(), ids=REFUSED.keys())
@pytest.mark.parametrize("loader", ["c", "python"])
def test_it_is_told_at_once(tmp_path: Path, text: str, told: str, loader: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import yaml

    if loader == "python":
        monkeypatch.delattr(yaml, "CSafeLoader")
        monkeypatch.setattr(serialization, "_loader", serialization._loader.__wrapped__)
        text = text.replace("[" * 100_000, "[" * 5_000).replace("{a: " * 100_000, "{a: " * 1000)
    path = tmp_path / "hosts.yaml"
    path.write_text(text)
    began = time.process_time()
    with pytest.raises(InputError) as caught:
        load_yaml_file(path, Any)
    assert time.process_time() - began < 5
    assert str(caught.value).startswith(str(path))
    assert told in str(caught.value)


def test_aliases_and_merges_in_measure_are_read(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_text("x: &x {p: 1}\ny: *x\nz:\n  <<: *x\n  q: 2\n")
    assert load_yaml_file(path, Any) == {"x": {"p": 1}, "y": {"p": 1}, "z": {"p": 1, "q": 2}}


def test_a_hundred_levels_are_read(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_text("[" * 99 + "x" + "]" * 99)
    assert load_yaml_file(path, Any)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 5000 + "1" + "}" * 5000, "[1,", '{"a": nope}', ""])
def test_json_is_bounded_too(tmp_path: Path, text: str) -> None:
    path = tmp_path / "f.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"not valid JSON|levels|is empty"):
        load_json(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_json_of_windows(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "f.json"
    path.write_text('{"a": "ü"}', encoding=encoding)
    assert load_json(path) == {"a": "ü"}
