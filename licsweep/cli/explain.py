"""`licsweep explain`."""

import inspect
from dataclasses import fields

import click

from licsweep.cli.common import Run, shared
from licsweep.cli.render import put
from licsweep.errors import LicsweepError, UsageError, did_you_mean
from licsweep.settings import DEFAULTS, Settings


@click.command()
@click.argument("code")
@shared
def command(run: Run, code: str) -> None:  # noqa: ARG001
    """Explain a finding, an error or a setting: what it means, what causes it, what to do."""
    from reconcile.findings.kinds import explain, kinds

    kind = explain(code)
    if kind is not None:
        head = f"{kind.code} {kind.slug} ({kind.severity})"
        put(f"{head}\n\n{kind.meaning}\n\nCause:  {kind.cause}\nRemedy: {kind.remedy}")
        return
    error = next((one for one in _errors(LicsweepError) if one.code == code.upper()), None)
    setting = next((one for one in fields(Settings) if one.name == code.lower()), None)
    if error is not None:
        put(f"{error.code} {error.__name__}\n\n{inspect.getdoc(error)}")
    elif setting is not None:
        put(f"{setting.name}\n\n{setting.metadata['meaning']}\n\nDefault: {setting.default!r}")
    else:
        findings = (word for one in kinds() for word in (one.code, one.slug))
        known = (*findings, *(one.code for one in _errors(LicsweepError)), *DEFAULTS)
        raise UsageError(f"{code}: no such finding, error or setting", why=did_you_mean(code, known))


def _errors(kind: type[LicsweepError]) -> list[type[LicsweepError]]:
    return [kind, *(one for sub in kind.__subclasses__() for one in _errors(sub))]
