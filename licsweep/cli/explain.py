"""`licsweep explain`."""

import inspect

import click

from licsweep.cli.common import Run, shared
from licsweep.cli.render import put
from licsweep.errors import LicsweepError, UsageError


@click.command()
@click.argument("code")
@shared
def command(run: Run, code: str) -> None:  # noqa: ARG001
    """Explain a finding or an error code: what it means, what causes it, what to do."""
    from reconcile.findings.kinds import explain

    kind = explain(code)
    if kind is not None:
        head = f"{kind.code} {kind.slug} ({kind.severity})"
        put(f"{head}\n\n{kind.meaning}\n\nCause:  {kind.cause}\nRemedy: {kind.remedy}")
        return
    error = next((one for one in _errors(LicsweepError) if one.code == code.upper()), None)
    if error is None:
        raise UsageError(f"{code}: no such finding or error", why="codes look like LF001 or LS203; names like shortage")
    put(f"{error.code} {error.__name__}\n\n{inspect.getdoc(error)}")


def _errors(kind: type[LicsweepError]) -> list[type[LicsweepError]]:
    return [kind, *(one for sub in kind.__subclasses__() for one in _errors(sub))]
