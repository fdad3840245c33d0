"""A support archive: what somebody who helps from outside must see, without secrets and without names of the site."""

import json
import platform
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

from licsweep import files, serialization, store
from licsweep.access.blanking import blank
from licsweep.clean_text import one_line
from licsweep.errors import LicsweepError, UsageError, plain_reason
from licsweep.estate import inventory as inv
from licsweep.estate.credentials import secrets_at_hand, secrets_of_environment
from licsweep.estate.selection import Selection
from licsweep.jobs import doctor, store_queries
from licsweep.jobs.record import vendor_words, words_of_inventory, words_of_store
from licsweep.scrubbing import Scrubber
from licsweep.settings import Project
from licsweep.version import VERSION

RUNS, FAILED, LOG_LINES, LONGEST_LINE = 10, 200, 500, 2000
_README = """Support archive of licsweep {version}, made {now:%Y-%m-%d %H:%M} UTC by: licsweep support

{about}

Secrets are removed. {names}
Look through it before you send it.
"""
_NAMED = "The names of this project are in it (--named)."
_SCRUBBED = """Names of hosts, addresses, serial numbers, accounts and users of this project, and what looks like an
address, a serial number or a mail address, are replaced by invented ones, the same in all files."""
_FRONT = "README.txt"
_Open = Callable[[], Project]


def write(path: Path, open_project: _Open, *, log: Path | None, captures_of: Sequence[str], named: bool) -> list[str]:
    """Writes the archive and gives the names of its files. What can't be read stands in its file as the error.

    Raises UsageError for another suffix than .zip and for a host that was not collected, InputError for the log,
    OutputError.
    """
    if path.suffix.lower() != ".zip":
        raise UsageError(f"{path}: a support archive is a zip file", hint=f"-o {path.stem}.zip")
    opened, project = cache(open_project), None
    with suppress(LicsweepError):
        project = opened()
    if project:
        project.refuse_output(path)
    parts = {name: (_told(partial(make, opened)), about) for name, (make, about) in PARTS.items()}
    if log:
        lines = files.read(log).text.splitlines()[-LOG_LINES:]
        parts["log.txt"] = "\n".join(one_line(line, LONGEST_LINE) for line in lines), "the end of a log"
    for host in captures_of:
        for one in store_queries.host(opened(), host, None)[1]:
            parts[f"captures/{host}/{one.command}.txt"] = one.text, "what a host printed"
    about = "\n".join(f"{name}: {text}" for name, (_, text) in parts.items())
    names = _NAMED if named else _SCRUBBED
    texts = {_FRONT: _README.format(version=VERSION, now=datetime.now(UTC), about=about, names=names)}
    members = _cleaned(texts | {name: text for name, (text, _) in parts.items()}, project, named=named)
    files.write_zip(path, {name: text.encode("utf-8", "surrogateescape") for name, text in members.items()})
    return sorted(members)


def _told(make: Callable[[], Any]) -> str:
    try:
        content = make()
    except LicsweepError as error:
        content = {"error": f"{error.code}: {plain_reason(error)}"}
    return json.dumps(content, indent=1, default=str, ensure_ascii=False)


def _cleaned(texts: Mapping[str, str], project: Project | None, *, named: bool) -> dict[str, str]:
    """The files without secrets and, unless `named`, without words of the site."""
    secrets, own = secrets_at_hand(project) if project else secrets_of_environment(), []
    texts = {name: blank(text, secrets) for name, text in texts.items()}
    if named:
        return texts
    there = "\n".join((*texts, *texts.values())).casefold()
    for words in (words_of_store, words_of_inventory):
        with suppress(LicsweepError):
            own += [(kind, word) for kind, word in words(project) if word.casefold() in there] if project else []
    scrubber = Scrubber(own, vendor_words())
    for name, text in texts.items():
        if name != "versions.json":  # 3.2.9.1 would be an address
            scrubber.learn(text)
    return {
        name if name in (*PARTS, _FRONT) else scrubber.scrub(name): scrubber.scrub(text) for name, text in texts.items()
    }


def _versions(_: _Open) -> dict[str, Any]:
    return {"licsweep": VERSION, "python": platform.python_version(), "system": platform.platform()} | {
        "packages": doctor.versions()
    }


def _doctor(project_of: _Open) -> Any:
    return serialization.plain(doctor.examine(project_of, Selection()), list[doctor.CheckedSetup])


def _settings(project_of: _Open) -> dict[str, Any]:
    project = project_of()
    return {
        "settings": {name: [getattr(project.settings, name), source] for name, source in project.sources.items()},
        "inventory": dict(project.inventory),
        "credentials": {name: one.sources for name, one in project.credential_sets.items()},
        "entitlements": list(project.entitlement_sources),
    }


def _inventory(project_of: _Open) -> dict[str, Any]:
    found = inv.load(project_of())
    targets = found.targets.values()
    return {
        "hosts": len(targets),
        "platforms": Counter(one.platform for one in targets),
        "sites": len({one.site for one in targets}),
        "jump hosts": sum(one.is_jump_host for one in targets),
        "behind a jump host": sum(bool(one.jump) for one in targets),
        "left out": Counter(found.left_out.values()),
    }


def _store(project_of: _Open) -> dict[str, Any]:
    with store.reading(project_of()) as opened:
        runs = opened.snapshots()[-RUNS:]
        failed = [one for one in opened.outcomes(runs[-1].id) if one.status != "ok"] if runs else []
        sizes = opened.sizes()
    return {
        "tables": store.HEAD,
        "sizes": sizes,
        "runs": [serialization.plain(one) for one in runs],
        "not ok in the last": [serialization.plain(one) for one in failed[:FAILED]],
    }


PARTS: Mapping[str, tuple[Callable[[_Open], Any], str]] = {
    "versions.json": (_versions, "licsweep, Python, the system, every package that is installed"),
    "doctor.json": (_doctor, "what licsweep doctor found"),
    "settings.json": (
        _settings,
        "each setting and where it came from; credential sets with the names of their sources",
    ),
    "inventory.json": (_inventory, "how many hosts, of which platforms; why hosts are left out"),
    "store.json": (_store, f"version, bytes and rows of the database; the last {RUNS} runs and who did not end ok"),
}
"""Each file that is always in it, how it is made, and what it holds."""
