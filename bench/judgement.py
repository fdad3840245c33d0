"""Times judgement on an estate made up for it: `python bench/judgement.py [--instances N] [--cssm] [--verbs]`.

50,000 instances with 5 licenses each in 200 virtual accounts of 4 smart accounts, the worst of it on purpose: half of
the pools are short, some lenders have to be shared, and every tenth instance is a stack that CSSM lists by members.
Prints seconds of `judge` alone and the peak of the whole process, with `--verbs` of `ingest`, `entitlements import` and
`reconcile` as a user types them; exit code 1 beyond the limits of the project.
"""

import argparse
import gc
import json
import os
import random
import resource
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from licsweep.model import Evidence, HostState, LicenseUse, Observation, Policy, PolicyClass, Udi
from licsweep.position_types import CssmInstance, CssmLicense, Entitlement, Term
from licsweep.serialization import plain, to_json
from reconcile.judge import JudgementInput, judge
from reconcile.tables.rows import ChainRow
from reconcile.tables.tables import Tables

AS_OF = datetime(2026, 6, 1, tzinfo=UTC)
MOST_SECONDS, MOST_MIB = 15, 1024
LABELS = (
    "C9300-24 Network Advantage",
    "C9300-24 DNA Advantage",
    "C9300-48 Network Advantage",
    "C9300-48 DNA Advantage",
)
FAMILIES = ("Gold", "Silver", "Bronze", "Iron")
POLICY = Policy(
    unenforced_perpetual=PolicyClass(first_report_days=365, ongoing_report_days=0),
    unenforced_subscription=PolicyClass(first_report_days=90, ongoing_report_days=90),
    enforced=PolicyClass(first_report_days=0, ongoing_report_days=0),
    export=PolicyClass(first_report_days=0, ongoing_report_days=0),
)


def account(number: int) -> tuple[str, str]:
    return f"Example {number % 4}", f"Site {number:03}"


def state(number: int, accounts: int, rng: random.Random) -> HostState:
    smart, virtual = account(number % accounts)
    labels = (*LABELS, f"Example {FAMILIES[number % 4]}")
    names = ("network-advantage", "dna-advantage", "network-advantage", "dna-advantage", None)
    rows = tuple(
        LicenseUse(
            name=name,
            entitlement_tag=label,
            tag_kind="label",
            count=rng.randint(1, 4),
            status="in-use",
            license_type="subscription" if "DNA" in label else "perpetual",
        )
        for label, name in zip(labels, names, strict=True)
    )
    lines = tuple(
        Evidence(
            field=f"licenses[{n}].count", command="show license all", line_number=50 + n, text=f"  Count: {row.count}"
        )
        for n, row in enumerate(rows)
    )
    members = 3 if number % 10 == 0 else 1
    seen = Observation(
        hostname=f"sw-{number:05}.example",
        platform="cisco_xe",
        release="17.9.4",
        captured_at=AS_OF - timedelta(hours=number % 72),
        licensing_model="slup",
        slup_enabled=True,
        smart_account=smart,
        virtual_account=virtual if number % 50 else None,
        licenses=rows,
        udis=tuple(Udi(pid="C9300-24T", sn=serial(number, place)) for place in range(members)),
        policy=POLICY,
        last_ack_received=AS_OF - timedelta(days=number % 120),
        next_ack_deadline=AS_OF + timedelta(days=90 - number % 120),
        evidence=lines,
    )
    return HostState(hostname=seen.hostname or "", outcome="ok", observation=seen, snapshot_id=1)


def serial(number: int, place: int) -> str:
    return f"FOC{number:05}{place}"


def bought(accounts: int, instances: int, rng: random.Random) -> list[Entitlement]:
    each = instances // accounts
    made = []
    for number in range(accounts):
        smart, virtual = account(number)
        for name in (
            "C9300 Network Advantage",
            "C9300 DNA Advantage",
            "C9300 48P NW Advantage",
            "C9300 48P DNA Advantage",
        ):
            made.append(own(smart, virtual, name, int(each * 2.5 * rng.uniform(0.7, 1.6))))
        made += [own(smart, virtual, f"Example {name}", int(each * rng.uniform(0.2, 3))) for name in FAMILIES]
    return made


def own(smart: str, virtual: str, name: str, quantity: int) -> Entitlement:
    first, second = quantity // 2, quantity - quantity // 2
    terms = (
        Term(type="perpetual", quantity=first),
        Term(type="term", quantity=second, start=date(2025, 1, 1), end=date(2026, 7, 31)),
    )
    return Entitlement(
        smart_account=smart, virtual_account=virtual, license=name, terms=terms, source_file="bench.yaml", source_row=1
    )


def listed(instances: int, accounts: int) -> list[CssmInstance]:
    """CSSM's list: every member of a stack apart, every hundredth box under an old serial."""
    rows = []
    for number in range(instances):
        smart, virtual = account(number % accounts)
        for place in range(3 if number % 10 == 0 else 1):
            rows.append(
                CssmInstance(
                    smart_account=smart,
                    virtual_account=virtual,
                    pid="C9300-24T",
                    sn=serial(number, place) if number % 100 else f"OLD{number:05}{place}",
                    name=f"sw-{number:05}",
                    last_contact=AS_OF - timedelta(days=30),
                    licenses=(CssmLicense(license="C9300 Network Advantage", quantity=1),),
                    exported_at=AS_OF - timedelta(days=1),
                )
            )
    return rows


def verbs(given: JudgementInput) -> None:
    """What the whole way costs: processes of their own, their start included."""
    with TemporaryDirectory() as folder:
        observed, owned, position = (Path(folder) / f"{name}.json" for name in ("observed", "owned", "position"))
        observed.write_text(to_json([one.observation for one in given.states], list[Observation], light=True))
        bought = plain(given.entitlements, list[Entitlement]), plain(given.cssm_instances, list[CssmInstance])
        exported = (AS_OF - timedelta(days=1)).isoformat()
        document = {"entitlements": bought[0], "product_instances": bought[1], "exported_at": exported}
        owned.write_text(json.dumps({key: value for key, value in document.items() if value}))
        for verb in (
            ("ingest", "--observations", observed),
            ("entitlements", "import", owned),
            ("reconcile", "--as-of", AS_OF.isoformat(), "--format", "json", "-o", position),
        ):
            command = [Path(sys.executable).with_name("licsweep"), "--project", folder, *verb]
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
            _, status, used = os.wait4(process.pid, 0)
            worked, peak = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
            print(f"{verb[0]:14} {worked:.1f} s of CPU, peak {peak:.0f} MiB{' FAILED' if status else ''}", flush=True)
        same = json.loads(position.read_text().replace(folder, ""))["data"]
        print("position sha256", sha256(json.dumps(same, sort_keys=True).encode()).hexdigest()[:16])


def main() -> int:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--instances", type=int, default=50_000)
    ask.add_argument("--accounts", type=int, default=200)
    ask.add_argument("--cssm", action="store_true", help="CSSM's product instances beside them")
    ask.add_argument("--verbs", action="store_true", help="the verbs instead, each as a process")
    args = ask.parse_args()
    rng = random.Random(1)
    states = [state(number, args.accounts, rng) for number in range(args.instances)]
    owned = bought(args.accounts, args.instances, rng)
    rows = listed(args.instances, args.accounts) if args.cssm else []
    shipped = Tables.load()
    chains = tuple(ChainRow(chain=tuple(f"Example {name}" for name in pair)) for pair in pairwise(FAMILIES))
    tables = Tables(
        shipped=shipped.shipped,
        labels=shipped.labels,
        reporters=shipped.reporters,
        chains=chains,
        counting=shipped.counting,
        pairing=shipped.pairing,
        releases=shipped.releases,
        limits=shipped.limits,
    )
    given = JudgementInput(as_of=AS_OF, states=states, entitlements=owned, cssm_instances=rows, tables=tables)
    if args.verbs:
        verbs(given)
        return 0
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    start, worked = time.perf_counter(), time.process_time()
    made = judge(given)
    seconds, worked = time.perf_counter() - start, time.process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    judgement = made.judgement
    print(f"instances {len(judgement.instances)}, license lines {len(made.uses)}, pools {len(judgement.pools)}")
    print(f"transfers {len(judgement.transfers_to_close)}, findings {len(judgement.findings)}")
    print(f"judge {seconds:.1f} s ({worked:.1f} s of CPU); peak {peak:.0f} MiB, of which input {before:.0f} MiB")
    return int(seconds > MOST_SECONDS or peak > MOST_MIB)


if __name__ == "__main__":
    sys.exit(main())
