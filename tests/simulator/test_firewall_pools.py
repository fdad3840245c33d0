"""From what the simulated firewalls and their managers print to the pools: the figures are computed by hand."""

from collections.abc import Callable
from pathlib import Path

import pytest

from collectors.parse import observe
from licsweep.imports.entitlements import read_all
from licsweep.model import HostState
from licsweep.position_types import Judgement, JudgementResult
from licsweep.reading.host_report import capture
from licsweep.simulator.project import write_project
from reconcile.judge import JudgementInput, judge
from reconcile.tables.tables import Tables
from tests.simulator.test_managers import DESIGN, DEVICES, NOW, OUTPUTS, seen

FTDS = [device for device in DEVICES if device.platform == "cisco_ftd"]


def judged(folder: Path, left_out: Callable[[str], bool] = lambda _: False) -> JudgementResult:
    write_project(folder, DEVICES)
    observations = [seen(device.name) for device in DEVICES if device.platform in ("cisco_fmc", "cisco_fdm")]
    for device in FTDS:
        outputs = OUTPUTS.commands(device)
        texts = [capture(device.name, command, render(), NOW) for command, render in outputs.items()]
        observations.append(observe(texts, device.platform, hostname=device.name))
    given = JudgementInput(
        as_of=NOW,
        states=[
            HostState(hostname=one.hostname or "", outcome="ok", observation=one, snapshot_id=1)
            for one in observations
            if not left_out(one.hostname or "")
        ],
        entitlements=[row for file in read_all([*folder.glob("entitlements/*.csv")]) for row in file.entitlements],
        tables=Tables.load(folder),
    )
    return judge(given)


def used(judgement: Judgement, virtual_account: str) -> dict[str, int]:
    names = ("Secure Firewall", "Firepower 4112", "Firepower 1010", "Threat Defense Virtual")
    pools = (pool for pool in judgement.pools if pool.virtual_account == virtual_account)
    return {pool.license: pool.in_use for pool in pools if pool.license.startswith(names)}


def said(judgement: Judgement) -> dict[tuple[str, str], str]:
    return {(finding.name, finding.subject.id): finding.message for finding in judgement.findings}


def test_pairs_a_cluster_and_containers_under_a_manager_pair(tmp_path: Path) -> None:
    judgement = judged(tmp_path).judgement
    # each unit of a pair, each node of the cluster, and the chassis of three container instances once
    assert used(judgement, "Campus") == {
        "Secure Firewall 3105 Essentials": 2,
        "Secure Firewall 3105 IPS": 2,
        "Secure Firewall 3105 Malware Defense": 2,
        "Secure Firewall 3105 URL Filtering": 2,
        "Threat Defense Virtual FTDv50 Essentials": 2,
        "Threat Defense Virtual FTDv50 IPS": 2,
        "Secure Firewall 3110 Essentials": 4,
        "Secure Firewall 3110 IPS": 4,
        "Firepower 4112 Threat Defense Essentials": 1,
        "Firepower 4112 Threat Defense IPS": 1,
    }
    assert used(judgement, "Branches") == {
        "Firepower 1010 Threat Defense Essentials": 1,
        "Firepower 1010 Threat Defense IPS": 1,
    }
    findings = said(judgement)
    assert "days left" in findings["evaluation", "br-fmc-001"]
    assert not {slug for slug, _ in findings} & {"license-state-unknown", "unmatched-license", "manager-out-of-sync"}
    hosts = {one.hostname for one in judgement.instances}
    assert {"hq-fmc-001", "br-fmc-001"} <= hosts
    assert not {"hq-fmc-002", "br-fmc-002"} & hosts, "the standby is a member of its pair"


def test_every_number_walks_back_to_its_path(tmp_path: Path) -> None:
    uses = [
        use
        for use in judged(tmp_path).uses
        if use.license == "Secure Firewall 3105 URL Filtering" and use.counted_as == "in_use"
    ]
    assert sum(use.count or 0 for use in uses) == 2
    assert {use.hostname for use in uses} == {"hq-fmc-001"}
    for use in uses:
        assert use.path
        assert use.path.startswith("$.items[")
        assert use.capture
        assert "GET /api/" in use.capture


@pytest.mark.parametrize("gone", ["hq-fmc-001", "hq-fmc-002"])
def test_one_peer_of_the_pair_tells_the_same(tmp_path: Path, gone: str) -> None:
    judgement = judged(tmp_path, lambda name: name == gone).judgement
    assert used(judgement, "Campus")["Secure Firewall 3110 IPS"] == 4


def test_without_their_manager_the_firewalls_are_openly_unknown(tmp_path: Path) -> None:
    judgement = judged(tmp_path, lambda name: name.startswith("hq-fmc")).judgement
    assert used(judgement, "Campus")["Secure Firewall 3110 IPS"] == 0
    unknown = [subject for slug, subject in said(judgement) if slug == "license-state-unknown"]
    units = {one.hostname for one in judgement.instances if one.hostname in {device.name for device in FTDS}}
    assert set(unknown) == units
    assert {said(judgement)["license-state-unknown", name] for name in unknown} == {
        "manager hq-fmc-001 not in inventory"
    }
    assert DESIGN.kind("ftd-pair").facts["manager"] == "hq-fmc-001"
