"""Worked examples as folders: inputs, and what a consultant computes from them by hand.

A case is fixtures/judgement/NAME/ with `expected.json` and any of observations.json, hosts.json (what the inventory
says), outcomes.json (of hosts that did not answer, beside their observations: outcome, reason, why skipped),
gone.json (hosts that left the inventory, are retired or were only gathered), history.json (what suites used earlier),
sites.json (sites without a line), entitlements.yaml or .csv, substitutions.json (what CSSM says that it lends),
instances.yaml (CSSM's product instances), alerts.csv (CSSM's alerts, exported on the date), and the files of a
project's root (catalogue.yaml, accounts.yaml, ...). In `expected.json`, the lists of `LISTS` are whole lists of which
each row states some keys; `findings` is the whole list as "slug subject"; `said` gives words that the message of a
finding holds, `waived` who waived it; `coverage` states some keys. What is left out is not compared.
"""

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from licsweep.alert_types import CssmAlerts
from licsweep.contract_types import SuiteMeasure
from licsweep.imports import entitlements, observations
from licsweep.model import HostState, Observation, Record, Retirement, Utc
from licsweep.position_types import CssmInstance, Entitlement, ImportedAccounts, JudgementResult, Substitution, folded
from licsweep.serialization import check_json, load_yaml_file, plain
from licsweep.site_types import SiteState
from reconcile.judge import HostFacts, JudgementInput, judge
from reconcile.tables.tables import Tables

FOLDER = Path(__file__).parents[2] / "fixtures" / "judgement"
CASES = sorted(path.parent for path in FOLDER.glob("*/expected.json"))


def expected(case: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((case / "expected.json").read_text())
    return found


def states(case: Path) -> list[HostState]:
    """As the store would hand them over: the newest try of each host, and its newest good observation."""
    path = case / "observations.json"
    tries: dict[str, list[Observation]] = {}
    for seen in observations.read(path) if path.exists() else ():
        tries.setdefault(seen.hostname or "", []).append(seen)
    made = {}
    for host, seen in tries.items():
        seen.sort(key=lambda o: str(o.captured_at))
        good = [o for o in seen if o.outcome == "ok" or o.licenses]
        made[host] = HostState(
            hostname=host,
            outcome=seen[-1].outcome,
            observation=good[-1] if good else None,
            snapshot_id=len(seen),
            earlier=bool(good) and good[-1] is not seen[-1],
        )
    outcomes = _json(case / "outcomes.json", {})
    for host, (outcome, reason, *skip) in outcomes.items():
        known = made.get(host)
        made[host] = HostState(
            hostname=host,
            outcome=outcome,
            reason=reason,
            skip=skip[0] if skip else None,
            observation=known.observation if known else None,
            snapshot_id=known.snapshot_id if known else None,
        )
    for host, said in _json(case / "gone.json", {}).items():
        if how := said.pop("retired", None):
            at = datetime.fromisoformat(how.pop("at"))
            said["retired"] = Retirement(hostname=host, at=at, recorded_at=at, **how)
        made[host] = replace(made[host], **said)
    return list(made.values())


def bought(case: Path) -> list[Entitlement]:
    paths = [*case.glob("entitlements*.yaml"), *case.glob("entitlements*.csv")]
    when = datetime.fromisoformat("2026-05-01T00:00:00+00:00")
    rows = [row for one in entitlements.read_all(sorted(paths), exported_at=when) for row in one.entitlements]
    lent = _json(case / "substitutions.json", {})  # what CSSM's API says that it lends, by license
    return [replace(row, substitutions=tuple(Substitution(**one) for one in lent.get(row.license, ()))) for row in rows]


class _Instances(Record):
    smart_account: str | None = None
    exported_at: Utc | None = None
    product_instances: tuple[CssmInstance, ...] = ()


def listed(case: Path) -> list[CssmInstance]:
    """CSSM's product instances, as an import would hand them over."""
    rows = []
    for path in sorted(case.glob("instances*.yaml")):
        file = load_yaml_file(path, _Instances)
        for number, row in enumerate(file.product_instances, 1):
            whole = replace(row, smart_account=file.smart_account, exported_at=file.exported_at)
            rows.append(replace(whole, source_file=path.name, source_row=number))
    return rows


def facts(case: Path) -> dict[str, HostFacts]:
    return {host: HostFacts(**said) for host, said in _json(case / "hosts.json", {}).items()}


def judged(
    case: Path, hosts: list[HostState], rows: list[Entitlement], instances: list[CssmInstance] | None = None
) -> JudgementResult:
    return judge(given(case, hosts, rows, instances))


def given(
    case: Path, hosts: list[HostState], rows: list[Entitlement], instances: list[CssmInstance] | None = None
) -> JudgementInput:
    """What a case is judged from."""
    known = listed(case) if instances is None else instances
    return JudgementInput(
        as_of=as_of(case),
        states=hosts,
        entitlements=rows,
        cssm_instances=known,
        cssm_alerts=alerts(case),
        licenses=imported(rows),
        listed=imported(known),
        facts=facts(case),
        sites=check_json(json.dumps(_json(case / "sites.json", [])), list[SiteState], "sites.json", strict=False),
        tables=Tables.load(case),
        history=[
            SuiteMeasure(at=datetime.fromisoformat(row.pop("at")), **row) for row in _json(case / "history.json", [])
        ],
    )


def alerts(case: Path) -> tuple[CssmAlerts, ...]:
    path = case / "alerts.csv"
    return entitlements.read_all([path], exported_at=as_of(case))[0].alerts if path.exists() else ()


def imported(rows: list[Entitlement] | list[CssmInstance]) -> ImportedAccounts:
    """The accounts of which these rows tell: a file that names two virtual accounts is the export of all."""
    named: dict[str, set[str]] = {}
    for row in rows:
        named.setdefault(folded(row.smart_account), set()).add(folded(row.virtual_account))
    pairs = {(smart, virtual) for smart, virtuals in named.items() for virtual in virtuals if virtual}
    whole = {(smart, "") for smart, virtuals in named.items() if len(virtuals) > 1}
    return ImportedAccounts(accounts=frozenset(pairs | whole))


def as_of(case: Path) -> datetime:
    return datetime.fromisoformat(expected(case)["as_of"])


LISTS = (
    "pools",
    "instances",
    "exposure",
    "smart_account_totals",
    "transfers_to_close",
    "transfers_to_restore_buffer",
    "shortages",
    "substitutions",
    "clean_up",
    "cssm_differences",
    "cssm_alerts",
    "transition",
    "agreements",
    "suites",
    "subscriptions",
    "hygiene",
    "contradictions",
    "review",
    "deadlines",
)


def differences(want: dict[str, Any], got: JudgementResult) -> list[str]:
    """What the judgement says differently, one line each."""
    made = plain(got)
    made |= made["judgement"]
    made["suites"] = [{"agreement": a["id"], **suite} for a in made["agreements"] for suite in a["suites"]]
    found = []
    for part in LISTS:
        if part in want:
            found += _rows(part, want[part], made[part])
    by_name = {f"{f['name']} {f['subject']['id']}": f for f in made["findings"]}
    for name, words in want.get("said", {}).items():
        message = by_name[name]["message"] if name in by_name else "no such finding"
        found += [f"said {name}: {word!r} is not in {message!r}" for word in words if word not in message]
    for name, owner in want.get("waived", {}).items():
        said = by_name[name]["waived_by"] if name in by_name else "no such finding"
        found += [f"waived {name}: {said!r} is not {owner!r}"] if said != owner else []
    for name, severity in want.get("severity", {}).items():
        said = by_name[name]["severity"] if name in by_name else "no such finding"
        found += [f"severity {name}: {said!r} is not {severity!r}"] if said != severity else []
    if "findings" in want:
        raised = sorted(f"{f['name']} {f['subject']['id']}" for f in made["findings"])
        found += [f"findings: {raised} is not {sorted(want['findings'])}"] if raised != sorted(want["findings"]) else []
    if "coverage" in want:
        found += _rows("coverage", [want["coverage"]], [made["coverage"]])
    return found


def _rows(part: str, want: list[dict[str, Any]], got: list[dict[str, Any]]) -> list[str]:
    if len(want) != len(got):
        return [f"{part}: {len(got)} rows are not {len(want)}: {got}"]
    pairs = zip(want, got, strict=True)
    return [
        f"{part}[{n}].{key}: {row.get(key)!r} is not {value!r}"
        for n, (said, row) in enumerate(pairs)
        for key, value in said.items()
        if row.get(key, "absent") != value
    ]


def _json(path: Path, default: Any) -> Any:
    return json.loads(path.read_text()) if path.exists() else default
