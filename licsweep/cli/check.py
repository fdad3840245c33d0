"""`licsweep check`."""

import sys
from collections.abc import Sequence

import click

from licsweep.cli.common import EXIT_FINDINGS, Run
from licsweep.cli.render import Out, data_options
from licsweep.errors import LicsweepError, UsageError, plain_reason


class _WrongCall(click.UsageError):
    exit_code = 3  # of a plug-in; 2 says critical


class _Plugin(click.Command):
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        plugin = "--nagios" in args
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            if plugin:
                raise _WrongCall(error.message, error.ctx) from error
            raise


@click.command(cls=_Plugin)
@click.option("--nagios", is_flag=True, help="One line, performance data and exit codes as monitoring plug-ins have.")
@click.option("-w", "--warning", multiple=True, metavar="CHECK=RANGE", help="days_left=14: warns below 14 days.")
@click.option("-c", "--critical", multiple=True, metavar="CHECK=RANGE", help="As --warning; repeat for each check.")
@data_options
def command(run: Run, nagios: bool, warning: Sequence[str], critical: Sequence[str], out: Out) -> None:
    """Check age, coverage, deadlines, shortages and findings of what the store holds; exit 1 where one is not ok.

    With --nagios the exit code is 0 ok, 1 warning, 2 critical, 3 unknown. A range is written as in the plug-in
    guidelines: 10 alerts below 0 and above 10, 10: below 10, ~:10 above 10, 10:20 outside, @10:20 inside.
    """
    from licsweep.jobs.monitor import monitored
    from licsweep.reports import checks

    try:
        limits = [_by_name(words) for words in (warning, critical)]
        project = run.project()
        results = checks.checked(monitored(project), project.settings, *limits)
    except Exception as error:
        if not nagios:
            raise
        told = plain_reason(error) if isinstance(error, LicsweepError) else f"a bug in licsweep: {error!r}"
        out.put(checks.plugin_text("unknown", told))
        sys.exit(checks.CODES["unknown"])
    state = checks.worst(results)
    if nagios:
        out.put(checks.plugin_line(results))
        sys.exit(checks.CODES[state])
    out.rows("check", results)
    sys.exit(0 if state == "ok" else EXIT_FINDINGS)


def _by_name(words: Sequence[str]) -> dict[str, str]:
    pairs = [word.partition("=") for word in words]
    for name, equals, _ in pairs:
        if not equals:
            raise UsageError(f"{name}: no range", why="CHECK=RANGE is expected", hint="licsweep check --help")
    return {name: text for name, _, text in pairs}
