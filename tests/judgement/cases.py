"""Worked examples as folders: inputs, and what a consultant computes from them by hand.

A case is fixtures/judgement/NAME/ with `expected.json` and any of observations.json, hosts.json (what the inventory
says), outcomes.json (of hosts that did not answer, beside their observations), entitlements.yaml or .csv, and a
project's catalogue.yaml or labels.yaml. In `expected.json`, `pools`, `instances`, `exposure` and
`smart_account_totals` are whole lists of which each row states some keys; `findings` is the whole list as
"slug subject"; `coverage` states some keys. What is left out is not compared.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from licsweep.codec import plain
from licsweep.imports import entitlements, observations
from licsweep.judged import Entitlement, Reconciled
from licsweep.model import HostState, Observation
from reconcile.judge import HostFacts, judge
from reconcile.tables import Tables

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
            hostname=host, outcome=seen[-1].outcome, observation=good[-1] if good else None, snapshot_id=len(seen)
        )
    outcomes = _json(case / "outcomes.json", {})
    for host, (outcome, reason) in outcomes.items():
        known = made.get(host)
        made[host] = HostState(
            hostname=host,
            outcome=outcome,
            reason=reason,
            observation=known.observation if known else None,
            snapshot_id=known.snapshot_id if known else None,
        )
    return list(made.values())


def bought(case: Path) -> list[Entitlement]:
    paths = [*case.glob("entitlements*.yaml"), *case.glob("entitlements*.csv")]
    when = datetime.fromisoformat("2026-05-01T00:00:00+00:00")
    return [row for path in sorted(paths) for row in entitlements.read(path, exported_at=when).entitlements]


def facts(case: Path) -> dict[str, HostFacts]:
    return {host: HostFacts(**said) for host, said in _json(case / "hosts.json", {}).items()}


def judged(case: Path, hosts: list[HostState], rows: list[Entitlement]) -> Reconciled:
    as_of = datetime.fromisoformat(expected(case)["as_of"])
    return judge(hosts, rows, as_of=as_of, facts=facts(case), tables=Tables.load(case))


def differences(want: dict[str, Any], got: Reconciled) -> list[str]:
    """What the judgement says differently, one line each."""
    made = plain(got.judgement)
    found = []
    for part in ("pools", "instances", "exposure", "smart_account_totals", "transfers_to_close"):
        if part in want:
            found += _rows(part, want[part], made[part])
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
