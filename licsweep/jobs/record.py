"""A fixture case from the stored captures of a real box, with every word of the site replaced."""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from itertools import chain, count
from pathlib import Path
from typing import Any

from licsweep import serialization
from licsweep.access.blanking import blank
from licsweep.errors import InputError, UsageError
from licsweep.estate import inventory as inv
from licsweep.estate.credentials import secrets_of_environment
from licsweep.files import make_folder, write
from licsweep.jobs import store_queries
from licsweep.model import Capture, Observation
from licsweep.scrubbing import FIELDS, Kind, Scrubber
from licsweep.settings import Project
from licsweep.store import reading

_NO_TRUTH = ("evidence", "captured_at", "outcome", "platform")


def record(project: Project, hostname: str, folder: Path) -> tuple[list[Path], list[str]]:
    """Writes <folder>/<platform>/<command>/<case>/output.txt and expected.json for each command that was captured.

    Gives the files, and the fields that read differently once the words were replaced.
    Raises UsageError for a host without captures, InputError where a secret or a word of the site would be left;
    nothing is written then.
    """
    state, captures = store_queries.host(project, hostname, None)
    seen = state.observation
    if seen is None or seen.platform is None or not captures:
        raise UsageError(f"{hostname}: no captures are stored", why="there is nothing to record", hint="licsweep sweep")
    words = secrets_of_environment()
    if told := [one.command for one in captures if blank(one.text, words) != one.text]:
        what = f"{hostname}: a secret stands in the stored answer to: {', '.join(told)}"
        raise InputError(what, why="nothing was written; an older licsweep stored it", hint="licsweep sweep")
    printed = " ".join(" ".join(capture.text.split()) for capture in captures).casefold()
    words_of_site = (*words_of_store(project), *words_of_inventory(project))
    own = [(kind, word) for kind, word in words_of_site if word.casefold() in printed]
    scrubber = Scrubber(own, vendor_words())
    for capture in captures:
        scrubber.learn(capture.text)
    texts = [scrubber.scrub(capture.text) for capture in captures]
    if left := sorted({word for text in texts for word in scrubber.left(text)}):
        raise InputError(f"{hostname}: words of the site would be left: {', '.join(left)}", why="nothing was written")
    return _write(folder, seen, captures, texts, scrubber)


def _write(
    folder: Path, seen: Observation, captures: Sequence[Capture], texts: Sequence[str], scrubber: Scrubber
) -> tuple[list[Path], list[str]]:
    from collectors.parse import parse_text

    platform = str(seen.platform)
    model = next((udi.pid for udi in seen.udis if udi.pid), platform)
    case = re.sub(r"[^a-z0-9._-]+", "_", f"{model}_{seen.release or 'release_unknown'}".lower())
    written, changed = [], []
    for capture, text in zip(captures, texts, strict=True):
        wanted = scrubber.scrub_all(serialization.plain(parse_text(capture.text, platform, capture.command)))
        truth = serialization.plain(parse_text(text, platform, capture.command))
        changed += [
            f"{capture.command}: {name}" for name in truth if truth[name] != wanted[name] and name != "evidence"
        ]
        said = {
            name: value
            for name, value in truth.items()
            if name not in _NO_TRUTH and (value not in (None, [], {}) or name == "unclaimed_lines")
        }
        parent = folder / platform / capture.command.replace(" ", "_")
        names = chain([case], (f"{case}_{number}" for number in count(2)))
        place = next(parent / name for name in names if not (parent / name).exists())
        make_folder(place)
        write(place / "output.txt", text)
        write(place / "expected.json", json.dumps({"observation": said}, indent=1, ensure_ascii=False) + "\n")
        written += [place / "output.txt", place / "expected.json"]
    return written, changed


def words_of_store(project: Project) -> Iterator[tuple[Kind, str]]:
    """What is the site's own: accounts, sites, what every host that was read prints of itself. Raises StoreError."""
    with reading(project) as store:
        states = store.host_states(as_of=datetime.now(UTC))
        imported = [row for one in store.imports() for row in one.entitlements]
        sites = store.sites(datetime.now(UTC))
    yield from (("word", one.site) for one in sites)
    for row in imported:
        yield "account", row.smart_account or ""
        yield "account", row.virtual_account or ""
    for state in states:
        yield from _host(state.hostname)
        yield from _fields(serialization.plain(state.observation or Observation()))


def words_of_inventory(project: Project) -> Iterator[tuple[Kind, str]]:
    """What is the site's own: names, addresses, users and data of hosts. Raises InventoryError, InputError."""
    inventory = inv.find(project)
    for name, host in inventory.targets.items() if inventory else ():
        yield from _host(name)
        yield from _host(host.address)
        yield "word", host.username or ""
        yield from ((FIELDS.get(key, "word"), value) for key, value in host.data.items() if isinstance(value, str))


def _host(name: str) -> Iterator[tuple[Kind, str]]:
    """A host name, whole and without its domain; an address as such."""
    is_address = bool(re.fullmatch(r"[\d.]+|[0-9a-fA-F:]+:[0-9a-fA-F:]*", name))
    yield ("ipv6" if ":" in name else "ipv4") if is_address else "host", name
    if not is_address:
        yield "host", name.partition(".")[0]


def _fields(node: Any) -> Iterator[tuple[Kind, str]]:
    if isinstance(node, list):
        for one in node:
            yield from _fields(one)
    elif isinstance(node, dict):
        for name, value in node.items():
            if isinstance(value, str) and name in FIELDS:
                yield from _host(value) if FIELDS[name] == "host" else [(FIELDS[name], value)]
            elif name != "evidence":
                yield from _fields(value)


@cache
def vendor_words() -> frozenset[str]:
    """Every word in the shipped templates: what a box prints of itself, whoever owns it."""
    words: set[str] = set()
    waiting = [files("licsweep.templates")]
    while waiting:
        for part in waiting.pop().iterdir():
            if part.is_dir():
                waiting.append(part)
            elif part.name.endswith((".textfsm", ".yaml")):
                words |= set(re.findall(r"[a-z0-9-]+", part.read_text("utf-8").casefold()))
    return frozenset(words)
