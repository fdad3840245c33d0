"""`licsweep explain`."""

import inspect
import textwrap
from dataclasses import fields

import click

from licsweep import serialization
from licsweep.cli.common import Run, shared
from licsweep.cli.render import put
from licsweep.errors import LicsweepError, UsageError
from licsweep.settings import DEFAULTS, Settings
from reconcile.grouping import lists_by

Entry = tuple[str, tuple[str, ...], str]  # kind, names, text


@click.command()
@click.argument("word", required=False)
@shared
def command(run: Run, word: str | None) -> None:  # noqa: ARG001
    """Explain a word that a verb prints, such as a finding, an outcome, a state or a setting; else list all by kind."""
    known = entries()
    if word is None:
        by_kind = lists_by((kind, " ".join(names)) for kind, names, _ in known)
        put("\n\n".join(f"{kind}\n{_listed(names)}" for kind, names in by_kind.items()))
        return
    found = [one for one in known if word.lower() in map(str.lower, one[1])]
    if not found:
        from difflib import get_close_matches

        near = get_close_matches(word, {name: None for _, names, _ in known for name in names})
        why = f"did you mean {' or '.join(near)}?" if near else "no verb prints it"
        raise UsageError(f"{word}: no such word", why=why, hint="licsweep explain")
    put("\n\n".join(f"{' '.join(names)} ({kind})\n\n{text}" for kind, names, text in found))


def _listed(names: list[str]) -> str:
    whole = ", ".join(name.replace(" ", "\xa0") for name in names)
    filled = textwrap.fill(whole, 100, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
    return filled.replace("\xa0", " ")


def entries() -> list[Entry]:
    """All that can be explained; the words of fields stand in words.yaml."""
    from licsweep.reports.metrics import metrics_table
    from reconcile.findings.kinds import kinds

    found: list[Entry] = []
    for kind in kinds():
        text = f"{kind.meaning}\n\nCause:  {kind.cause}\nRemedy: {kind.remedy}"
        found.append((f"finding, {kind.severity}", (kind.code, kind.slug), text))
    found += [("error", (one.code, one.__name__), inspect.getdoc(one) or "") for one in _errors(LicsweepError)]
    for group, words in _words().items():
        found += [(group, (word,), "\n\nRemedy: ".join(row.values())) for word, row in words.items()]
    found += [("metric", (row.name,), row.help) for row in metrics_table().metrics]
    for row in metrics_table().checks:
        text = f"{row.about}\n\nWarning: {row.warning.format(**DEFAULTS)}\nCritical: {row.critical}"
        found.append(("check", (row.name,), text))
    for one in fields(Settings):
        found.append(("setting", (one.name,), f"{one.metadata['meaning']}\n\nDefault: {one.default!r}"))
    return found


_words = serialization.yaml_table(__file__, "words.yaml", dict[str, dict[str, dict[str, str]]])


def remedy(group: str, word: str) -> str:
    """What to do about a word of words.yaml."""
    return _words()[group][word]["remedy"]


def _errors(kind: type[LicsweepError]) -> list[type[LicsweepError]]:
    own = [sub for sub in kind.__subclasses__() if sub.__module__ == kind.__module__]  # not those that a module keeps
    return [kind, *(one for sub in own for one in _errors(sub))]
