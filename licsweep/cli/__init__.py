"""The command line: one verb, one module. A verb's module is imported when the verb is used, not before."""

import atexit
import gc
import importlib
import os
import signal
from pathlib import Path
from typing import Any

import click

from licsweep.errors import did_you_mean
from licsweep.version import VERSION

# What imports make stays, and what a run makes are trees: Python's search for circles, begun each 700 objects, is an
# eighth of a call's time, and of a sweep's.
gc.set_threshold(200_000)
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # looking for some reads each package that is installed
atexit.register(gc.freeze)  # nor is it worth its half second at the end of a sweep, when all goes anyway

# Verb -> its one line in `--help`, so that help needs no other import. The module is the verb with `_` for `-`.
VERBS = {
    "init": "Write a working project: settings, a sample inventory, a sample of each file.",
    "demo": "Run the full workflow on a simulated network.",
    "config": "Show each setting's value and where it came from.",
    "hosts": "List the selected hosts and check the inventory.",
    "known-hosts": "Scan and accept the host keys of devices.",
    "sweep": "Collect license state from the selected hosts over SSH.",
    "ingest": "Make a snapshot from text or observations gathered elsewhere.",
    "parse": "Parse one command output offline.",
    "snapshots": "List the sweeps and ingests in the store.",
    "show": "Show one product instance, with the lines that printed its values.",
    "diff": "Show what changed between two snapshots or dates.",
    "reparse": "Parse stored captures again with the current templates.",
    "record": "Make scrubbed fixture cases from a real box.",
    "entitlements": "Import what was bought, list it, explain how a license name was matched.",
    "reconcile": "Compare what is used with what was bought.",
    "explain": "Explain a word that a verb prints: a finding, an error code, a state, a setting.",
    "report": "Write a report: estate, usage, transfers, contract, review and others.",
    "courier": "Carry usage reports (RUM) to CSSM and acknowledgements back, for sites without a line.",
    "verify": "Judge the inputs of a proof bundle again and compare.",
    "plan": "Plan changes: what if, mergers and divestitures of smart accounts.",
    "check": "Check the store for a monitoring system: age, deadlines, shortages, findings.",
    "metrics": "Write the metrics of the project for Prometheus.",
    "export": "Give other systems the position: pools, instances, license lines.",
    "retire": "Stop counting the licenses of a host that is gone.",
    "prune": "Remove old results, never the last good one of a host.",
    "site": "Carry snapshots from a site without a line to the centre, signed.",
    "store": "Upgrade a database written by an older licsweep.",
    "doctor": "Check whether everything is set up; makes no login.",
    "support": "Write an archive for whoever helps: no secrets, no names of the site.",
    "cluster": "Run a scheduler or a worker, for sweeps from several machines.",
    "simulate": "Run the simulated network alone, with faults.",
}


class _Verbs(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(f"licsweep.cli.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        command.name = cmd_name
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args[0] not in VERBS and not args[0].startswith("-"):
            ctx.fail(f"No such command {args[0]!r}: {did_you_mean(args[0], VERBS)}")
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        from click.shell_completion import CompletionItem

        verbs = [CompletionItem(name, help=line) for name, line in VERBS.items() if name.startswith(incomplete)]
        return verbs + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, message="licsweep %(version)s")
@click.option(
    "--project",
    "project_folder",
    type=click.Path(path_type=Path),
    envvar="LICSWEEP_PROJECT",
    help="Project folder, here or after the verb (default: LICSWEEP_PROJECT, else the current directory).",
)
def main(project_folder: Path | None) -> None:  # noqa: ARG001 - for the verb, which finds it in the context
    """What licenses do our Cisco boxes really use, what did we buy, and who is about to be late with a report?

    Start with `licsweep demo`, or with `licsweep init` in an empty folder.
    """
    if signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN:  # inherited: every program that we start would end with 0
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
