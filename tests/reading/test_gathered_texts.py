"""Texts gathered by hand, in the forms of fixtures/gathered/cases.yaml."""

from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Any

import pytest
import yaml

from licsweep.reading.gathered_texts import GatheredFile, GatheredText, Unused, full_command, texts_of

CASES = yaml.safe_load((Path(__file__).parents[2] / "fixtures/gathered/cases.yaml").read_text("utf-8"))
NOW = datetime(2026, 11, 26, tzinfo=UTC)


def read(case: dict[str, Any]) -> tuple[list[GatheredText], list[Unused]]:
    raw = {path: text.encode(case.get("encoding", "utf-8")) for path, text in case["files"].items()}
    files = [
        GatheredFile(path=path, name=PurePath(path), raw=text, modified=case.get("modified", {}).get(path, NOW))
        for path, text in raw.items()
    ]
    return texts_of(files, frozenset(case.get("known", ())))


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_hosts_and_commands(case: dict[str, Any]) -> None:
    texts, unused = read(case)
    found: dict[str, list[str]] = {}
    for one in texts:
        found.setdefault(one.hostname, []).append(one.command)
    assert {host: sorted(commands) for host, commands in found.items()} == case["hosts"]
    assert {one.command: one.text for one in texts}.items() >= case.get("texts", {}).items()
    told = {one.path: one.reason for one in unused}
    assert told.keys() == case.get("unused", {}).keys()
    assert all(word in told[path] for path, word in case.get("unused", {}).items())


@pytest.mark.parametrize("typed", ["sh run", "show", "clear license all", "show license nonsense", "sh lic x all", ""])
def test_other_commands_are_none_of_ours(typed: str) -> None:
    assert full_command(typed) is None
