"""`licsweep show`."""

from collections.abc import Iterator
from datetime import datetime

import click

from licsweep import serialization
from licsweep.clean_text import shell_word
from licsweep.cli.common import MOMENT, Run
from licsweep.cli.explain import remedy
from licsweep.cli.parse import as_rows
from licsweep.cli.render import Out, data_options, plain, table
from licsweep.model import HostState
from licsweep.position_types import Instance, JudgementResult
from licsweep.reports.plain_tables import folded
from licsweep.reports.ways import ways
from reconcile.instances.clock import days_in_words

NEVER = "it never gave a usable answer"
_LABEL = 10


@click.command()
@click.argument("host")
@click.option("--as-of", type=MOMENT, help="What was known at a date (its end) or a timestamp.")
@click.option("--all", "every", is_flag=True, help="Print each value that was read, with the line that printed it.")
@click.option("--raw", is_flag=True, help="Print the stored texts with numbered lines.")
@data_options
def command(run: Run, host: str, as_of: datetime | None, every: bool, raw: bool, out: Out) -> None:
    """Show one product instance: state, deadline, licenses, findings and what to do, how its last try ended.

    JSON and CSV hold what was read.
    """
    from licsweep.jobs import judge, store_queries

    project = run.project()
    if out.form == "table" and not raw and not every:
        result = judge.reconcile(project, as_of=as_of)
        judged = next((one for one in result.states if one.hostname == host), None)
        out.put("\n".join(_page(judged or store_queries.host(project, host, as_of)[0], result)))
        return
    state, captures = store_queries.host(project, host, as_of)
    if raw:
        out.put("\n".join(_numbered(one.command, one.text) for one in captures) or "no text is stored")
        return
    rows = as_rows(state.observation) if state.observation else []
    if out.form != "table":
        out.rows("show", rows, whole=state)
    else:
        body = table("show", rows) if rows else NEVER
        out.put(f"{folded(f'{state.hostname}: last try ended {_ended(state)}')}\n\n{body}")


def _page(state: HostState, result: JudgementResult) -> Iterator[str]:
    name = state.hostname
    instance = next((one for one in result.judgement.instances if name in (one.hostname, *one.also_known_as)), None)
    about = {name, instance.hostname} if instance else {name}
    yield from (folded(f"{label:{_LABEL}}{plain(text)}", _LABEL) for label, text in _facts(state, instance))
    lines = [one for one in result.uses if one.hostname in about]
    places = (one.capture and f"{one.capture.split('/', 2)[-1]}:{one.path or one.line}" for one in lines)
    printed = [serialization.plain(one) | {"printed_by": at} for one, at in zip(lines, places, strict=True)]
    yield "\n" + (table("show-licenses", printed, "Licenses") if printed else "no license is printed")
    found = [one for one in result.judgement.findings if one.subject.kind == "instance" and one.subject.id in about]
    yield "\nFindings and what to do" if found else "\nno finding"
    for one in found:
        message = one.message.removeprefix(f"{one.name}: ")
        waived = f" (waived by {one.waived_by})" if one.waived_by else ""
        yield folded(f"{one.severity:{_LABEL}}{plain(f'{one.name}: {message}{waived}')}", _LABEL)
        yield folded(f"{'':{_LABEL}}-> {plain(one.advice)}", _LABEL + 3)
    yield f"\nEach value with its line: licsweep show {shell_word(name)} --all; the texts: --raw"


def _facts(state: HostState, instance: Instance | None) -> Iterator[tuple[str, object]]:
    seen = state.observation
    yield "Host", state.hostname
    if instance:
        if instance.hostname != state.hostname:
            yield "", f"the same product instance as {instance.hostname}"
        devices = dict.fromkeys(" ".join(filter(None, (udi.pid, udi.sn or udi.uuid))) for udi in instance.udis)
        yield "Device", list(devices) or "not known"
    if seen:
        at = f", read {seen.captured_at:%Y-%m-%d %H:%M} UTC" if seen.captured_at else ""
        yield "Software", f"{seen.platform or 'platform not known'} {seen.release or '(release not printed)'}{at}"
    else:
        yield "Software", NEVER
    if instance:
        days = "" if instance.days_left is None else f", {days_in_words(instance.days_left)}"
        deadline = f"; deadline {instance.deadline:%Y-%m-%d %H:%M} UTC{days}" if instance.deadline else ""
        impact = "; service impact if overdue" if instance.service_affecting else ""
        yield "State", f"{instance.compliance_state}{deadline}{impact}"
        account = f"{instance.smart_account or 'smart account not known'} / {instance.virtual_account}"
        taken_by = ways().get(instance.reported_by or "", instance.reported_by)
        yield (
            "Account",
            f"{account} (by {instance.virtual_account_source}); who takes its reports: {taken_by or 'nobody known'}",
        )
    yield "Last try", _ended(state)
    if state.outcome != "ok":
        yield "", f"-> {remedy('outcome', state.outcome)}"
    if state.retired:
        yield "Retired", f"from {state.retired.at:%Y-%m-%d %H:%M} UTC: {state.retired.why}"
    elif state.left_inventory:
        yield "Inventory", "no longer lists it; it is counted until licsweep retire"


def _ended(state: HostState) -> str:
    return f"{state.outcome} ({plain(state.reason)})" if state.reason else state.outcome


def _numbered(asked: str, text: str) -> str:
    lines = [f"{number:5}  {plain(line)}" for number, line in enumerate(text.splitlines(), 1)]
    return "\n".join([f"--- {plain(asked)}", *lines])
