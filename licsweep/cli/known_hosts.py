"""`licsweep known-hosts scan|accept|list`."""

import sys
from typing import TYPE_CHECKING, Any

import click

from licsweep.cli.common import EXIT_NOTHING, Run, agreed, selection_options, shared
from licsweep.cli.render import Out, data_options
from licsweep.errors import LicsweepError, UsageError, plain_reason
from licsweep.estate.selection import Selection

if TYPE_CHECKING:
    from licsweep.access.hostkeys import Scanned


@click.group()
def command() -> None:
    """Scan, accept and list host keys (SHA256 fingerprints). A sweep connects only to hosts whose key is known."""


@command.command()
@selection_options
@data_options
def scan(run: Run, selection: Selection, out: Out) -> None:
    """Ask each host, and the jump hosts before it, for its key and compare it with the known one.

    Nobody logs in, except to the jump hosts that must be passed.
    """
    from licsweep.jobs import hostkeys

    out.rows("known-hosts-scan", [_row(one) for one in hostkeys.scan(run.project(), selection)])


@command.command()
@selection_options
@click.option("--yes", is_flag=True, help="Accept without asking (for scripts).")
@click.option("--changed", is_flag=True, help="Accept changed keys too, not only new ones.")
@shared
def accept(run: Run, selection: Selection, yes: bool, changed: bool) -> None:
    """Scan, show the new keys (with --changed also the changed ones) and add them to known_hosts once confirmed."""
    from licsweep.access.hostkeys import KnownHosts, Scanned
    from licsweep.jobs import hostkeys

    project = run.project()
    found = hostkeys.scan(project, selection)
    for silent in (one for one in found if not isinstance(one, Scanned)):
        run.say(plain_reason(silent), failed=True)
    scanned = [one for one in found if isinstance(one, Scanned)]
    wanted = [one for one in scanned if one.state == "new" or (changed and one.state == "changed")]
    left = sum(one.state == "changed" for one in scanned) if not changed else 0
    if left:
        run.say(f"{left} changed keys are not accepted: compare them with the devices' own, then use --changed")
    if not wanted:
        run.say("no key to accept")
        sys.exit(EXIT_NOTHING if not scanned else 0)
    Out().rows("known-hosts-accept", [_row(one) for one in wanted])
    what = "nothing was written"
    if not yes and not agreed(f"Accept these {len(wanted)} keys?", what, "keys are accepted only once confirmed"):
        raise UsageError(what, why="the keys were not accepted")
    KnownHosts(project.known_hosts).accept(wanted)
    run.say(f"{len(wanted)} keys written to {project.known_hosts}")


@command.command("list")
@data_options
def list_(run: Run, out: Out) -> None:
    """List the known keys, as SHA256 fingerprints."""
    from licsweep.access.hostkeys import KnownHosts

    known = KnownHosts(run.project().known_hosts).entries()
    found = [{"host": name, "type": key.type, "fingerprint": key.fingerprint} for name, key in known]
    out.rows("known-hosts-list", found)


def _row(one: "Scanned | LicsweepError") -> dict[str, Any]:
    if isinstance(one, LicsweepError):
        name, _, what = one.what.partition(": ")
        return {"host": name, "state": what, "fingerprint": one.why}
    return {
        "host": one.name,
        "address": f"{one.address}:{one.port}",
        "state": one.state,
        "type": one.key.get_name(),
        "fingerprint": one.key.fingerprint,
    }
