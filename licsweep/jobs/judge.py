"""Judging what the store holds: the newest state of every host against the entitlements in force."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path

from licsweep import reports, serialization
from licsweep.clean_text import shell_word
from licsweep.contract_types import AgreementPosition, PoolMeasure, SuiteMeasure
from licsweep.errors import InputError, UsageError
from licsweep.estate import inventory as inv
from licsweep.imports.files import load_json
from licsweep.jobs.entitlements import counted_imports
from licsweep.jobs.store_queries import tell_of_future
from licsweep.model import HostState, Snapshot
from licsweep.position_types import Finding, Judgement, JudgementResult
from licsweep.settings import Project
from licsweep.store import reading
from reconcile.judge import HostFacts, JudgementInput, Options, judge
from reconcile.judge import position as position_of
from reconcile.judgement_context import JudgementContext
from reconcile.licenses.license_names import LicenseName, license_names
from reconcile.tables.tables import Tables

MOST_DAYS = 60
DAYS_OF_POOLS = 12


def gather(
    project: Project, *, as_of: datetime | None = None, snapshot_id: int | None = None, known_by: int | None = None
) -> JudgementInput:
    """What is judged as of a date (default now). Raises StoreError, InputError.

    `snapshot_id` takes one snapshot alone, `known_by` what was known of its hosts when it was made.
    """
    moment = as_of or datetime.now(UTC)
    tables = Tables.load(project.folder)
    inventory = inv.find(project)
    with reading(project) as store:
        states = store.host_states(as_of=moment, snapshot_id=snapshot_id, known_by=known_by)
        known = counted_imports(store.imports(), tables, moment)
        listed = inventory.targets.keys() | inventory.left_out.keys() if inventory else store.hostnames()
        left = store.hostnames(swept=True) - listed
        now = as_of is None and snapshot_id is None and known_by is None
        never = inventory.targets.keys() - {one.hostname for one in states} if now and inventory else ()
        if any(one.retired for one in states):
            states = _answering_again(states, store.snapshots())
        sites = store.sites(moment)
        reported = store.usage_reported(moment)
        acknowledged = store.usage_acknowledged(moment) if reported else []
        if as_of is None:
            tell_of_future(store, moment)
    settings = project.settings
    options = Options(
        due_horizon_days=settings.report_due_days,
        stale_hours=settings.stale_hours,
        buffer_percent=settings.buffer_percent,
        site_days=settings.site_days,
    )
    return JudgementInput(
        as_of=moment.replace(microsecond=0),
        states=[replace(one, left_inventory=True) if one.hostname in left else one for one in states],
        entitlements=known.entitlements,
        cssm_instances=known.instances,
        cssm_alerts=known.alerts,
        licenses=known.licenses,
        listed=known.listed,
        facts=_facts(inventory),
        never_tried=len(never),
        sites=sites,
        usage_reported=reported,
        acknowledged=acknowledged,
        tables=tables,
        options=options,
    )


def reconcile(
    project: Project, *, as_of: datetime | None = None, snapshot_id: int | None = None, known_by: int | None = None
) -> JudgementResult:
    """The judgement as of a date (default now), of what `gather` brings. Raises StoreError, InputError."""
    return judge(gather(project, as_of=as_of, snapshot_id=snapshot_id, known_by=known_by))


def position(
    project: Project, *, as_of: datetime | None = None, snapshot_id: int | None = None
) -> tuple[Judgement, tuple[AgreementPosition, ...]]:
    """What of `reconcile` is no report: the judgement itself, and the agreements. Raises StoreError, InputError."""
    return position_of(gather(project, as_of=as_of, snapshot_id=snapshot_id))


def report(
    project: Project,
    kind: str,
    *,
    as_of: datetime | None = None,
    snapshot_id: int | None = None,
    since: str | None = None,
) -> "reports.Report":
    """The report of one kind (a key of reports.KINDS), judged as of a date. Raises UsageError, StoreError, InputError.

    `since`: what the review compares with, a date or a file of `reconcile --format json`.
    """
    given = report_input(project, kind, as_of=as_of, snapshot_id=snapshot_id, since=since)
    return reports.KINDS[kind](judge(given), generated_at=datetime.now(UTC).replace(microsecond=0))


def all_reports(
    project: Project, *, as_of: datetime | None = None, snapshot_id: int | None = None
) -> list["reports.Report"]:
    """The reports of all kinds from one judgement, the index first. Raises StoreError, InputError."""
    result = judge(report_input(project, None, as_of=as_of, snapshot_id=snapshot_id, since=None))
    now = datetime.now(UTC).replace(microsecond=0)
    kinds = sorted(reports.KINDS, key=lambda kind: kind != "index")
    return [reports.KINDS[kind](result, generated_at=now) for kind in kinds]


def report_input(
    project: Project, kind: str | None, *, as_of: datetime | None, snapshot_id: int | None, since: str | None
) -> JudgementInput:
    """What a report of a kind is judged from; None: all of them."""
    if kind is not None and kind not in tuple(reports.KINDS):
        raise UsageError(f"{kind}: no such report", why=f"known are: {', '.join(reports.KINDS)}")
    if since is not None and kind != "review":
        raise UsageError("--since belongs to the review", why=f"report {kind} compares with nothing")
    given = gather(project, as_of=as_of, snapshot_id=snapshot_id)
    if kind in ("contract", None):
        given = replace(given, history=history(project, given))
    if kind in ("usage", None):
        given = replace(given, pool_history=pool_history(project, given))
    return given if since is None else replace(given, since=_earlier(project, since, given.as_of))


def _earlier(project: Project, since: str, as_of: datetime) -> Sequence[Finding]:
    """The findings of a date, or of a file of `reconcile --format json`."""
    if not since.endswith(".json"):
        then = serialization.moment(since)
        if then.date() > as_of.date():
            raise UsageError(f"--since {since}: after {as_of:%Y-%m-%d}, the date of the review", why="it looks back")
        return reconcile(project, as_of=then).judgement.findings
    document = load_json(Path(since))
    found = document.get("data", {}).get("findings") if isinstance(document, dict) else None
    if not isinstance(found, list):
        raise InputError(f"{since}: holds no findings", hint=f"licsweep reconcile --format json -o {shell_word(since)}")
    findings: tuple[Finding, ...] = serialization.check_json(json.dumps(found), tuple[Finding, ...], since)
    return findings


def history(project: Project, given: JudgementInput) -> list[SuiteMeasure]:
    """What each suite used when the last snapshot of a day had ended, by what is imported now. Raises StoreError.

    Of many days MOST_DAYS are taken, evenly over all of them, the first and the last among them.
    """
    if not given.tables.contract.agreements:
        return []
    return [
        SuiteMeasure(at=then.as_of, agreement=agreement.id, suite=suite.name, used=suite.used)
        for then in _earlier_days(project, given, MOST_DAYS)
        for agreement in then.agreements
        for suite in agreement.suites
    ]


def pool_history(project: Project, given: JudgementInput) -> list[PoolMeasure]:
    """What was charged to each pool on DAYS_OF_POOLS days, as `history` takes them. Raises StoreError."""
    return [
        PoolMeasure(
            at=then.as_of,
            smart_account=pool.smart_account,
            virtual_account=pool.virtual_account,
            license=pool.license,
            used=pool.charged,
        )
        for then in _earlier_days(project, given, DAYS_OF_POOLS)
        for pool in then.pools
    ]


def _earlier_days(project: Project, given: JudgementInput, most: int) -> Iterator[JudgementContext]:
    with reading(project) as store:
        ended = (store.newest_try(one.id) for one in store.snapshots() if one.state != "pruned")
        since = store.known_from()
        known = (at for at in ended if at and (since is None or at >= since) and at <= given.as_of)
        days = {at.date(): at for at in sorted(known)}
        moments = list(days.values())
        step = max(1.0, (len(moments) - 1) / (most - 1))
        for at in (moments[round(number * step)] for number in range(min(len(moments), most))):
            yield JudgementContext(replace(given, as_of=at, states=store.host_states(as_of=at)))


def explain_license(project: Project, asked: str) -> tuple[LicenseName, ...]:
    """Why names meet in a license. Raises UsageError for a name that nothing knows, StoreError, InputError."""
    given = gather(project)
    return license_names(asked, given, judge(given).uses)


def _answering_again(states: Sequence[HostState], snapshots: Sequence[Snapshot]) -> list[HostState]:
    """The states, without the retirement of a host whose newer answer came in after the retirement was recorded."""
    made = {snapshot.id: snapshot.started_at for snapshot in snapshots}

    def again(one: HostState) -> bool:
        at = one.observation.captured_at if one.observation else None
        came_in = made.get(one.snapshot_id or 0)
        return bool(one.retired and at and came_in and at > one.retired.at and came_in > one.retired.recorded_at)

    return [replace(one, retired=None) if again(one) else one for one in states]


def _facts(inventory: inv.Inventory | None) -> dict[str, HostFacts]:
    """What the inventory says of each host, where there is an inventory."""
    known = {field.name for field in fields(HostFacts)}
    return {
        name: HostFacts(
            **{key: str(said) for key, said in host.data.items() if key in known and said is not None}
            | {"address": host.address}
        )
        for name, host in (inventory.targets.items() if inventory else ())
    }
