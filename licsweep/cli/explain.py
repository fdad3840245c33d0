"""`licsweep explain`."""

import inspect
from dataclasses import fields
from functools import cache
from pathlib import Path

import click

from licsweep import serialization
from licsweep.cli.common import Run, shared
from licsweep.cli.render import put
from licsweep.errors import LicsweepError, UsageError, did_you_mean
from licsweep.settings import DEFAULTS, Settings


@click.command()
@click.argument("word", required=False)
@shared
def command(run: Run, word: str | None) -> None:  # noqa: ARG001
    """Explain a finding, an error, an outcome, a pool status, a check, a metric or a setting; else list every word."""
    known = {f"{' '.join(names)} ({group})": (names, text) for group, names, text in entries()}
    if word is None:
        put("\n".join(known))
        return
    found = [(head, text) for head, (names, text) in known.items() if word.lower() in map(str.lower, names)]
    if not found:
        what = f"{word}: no such finding, error, outcome, pool status or setting"
        why = did_you_mean(word, [name for names, _ in known.values() for name in names])
        raise UsageError(what, why=why, hint="licsweep explain")
    put("\n\n".join(f"{head}\n\n{text}" for head, text in found))


def entries() -> list[tuple[str, tuple[str, ...], str]]:
    """Group, names and text of all that can be explained; outcomes and pool statuses stand in words.yaml."""
    from licsweep.reports.metrics import metrics_table
    from reconcile.findings.kinds import kinds

    found: list[tuple[str, tuple[str, ...], str]] = []
    for kind in kinds():
        text = f"{kind.meaning}\n\nCause:  {kind.cause}\nRemedy: {kind.remedy}"
        found.append((f"finding, {kind.severity}", (kind.code, kind.slug), text))
    found += [("error", (one.code, one.__name__), inspect.getdoc(one) or "") for one in _errors(LicsweepError)]
    for group, words in _words().items():
        found += [(group, (word,), f"{row['meaning']}\n\nRemedy: {row['remedy']}") for word, row in words.items()]
    found += [("metric", (row.name,), row.help) for row in metrics_table().metrics]
    for row in metrics_table().checks:
        found.append(
            (
                "check",
                (row.name,),
                f"{row.about}\n\nWarning: {row.warning.format(**DEFAULTS)}\nCritical: {row.critical}",
            )
        )
    for one in fields(Settings):
        found.append(("setting", (one.name,), f"{one.metadata['meaning']}\n\nDefault: {one.default!r}"))
    return found


@cache
def _words() -> dict[str, dict[str, dict[str, str]]]:
    table = Path(__file__).with_name("words.yaml")
    return serialization.load_yaml_file(table, dict[str, dict[str, dict[str, str]]])


def remedy(group: str, word: str) -> str:
    """What to do about a word of words.yaml."""
    return _words()[group][word]["remedy"]


def _errors(kind: type[LicsweepError]) -> list[type[LicsweepError]]:
    return [kind, *(one for sub in kind.__subclasses__() for one in _errors(sub))]
