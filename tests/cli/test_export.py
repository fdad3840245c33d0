"""`licsweep export`: the position for other systems, as its schema says."""

import csv
import io
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Done, licsweep
from tests.cli.test_diff import LABEL, box, ingest, use
from tests.cli.test_outputs import checked

EVIL = "=cmd|' /C calc'!A1"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    boxes = [box(f"acc-0{number}", f"FOC0000X00{number}", use(LABEL, number)) for number in (1, 2)]
    boxes[1]["udis"].append({"pid": "C9300-24P", "sn": "FOC0000X009"})
    boxes[1]["udis"].append(boxes[1]["udis"][0] | {"role": "active"})  # printed twice, told once
    ingest(folder, *boxes, box(EVIL, "FOC0000X003", use("Unheard Of", 1)))
    return folder


def rows(done: Done) -> list[dict[str, str]]:
    assert (done.code, done.err) == (0, "")
    return list(csv.DictReader(io.StringIO(done.out)))


def test_json_is_the_judgement(project: Path) -> None:
    at = ("--as-of", "2026-05-02", "--project", project)
    found = checked("export-json", licsweep("export", "json", *at).out)
    judged = checked("reconcile", licsweep("reconcile", "--format", "json", *at).out)
    assert (found.pools, found.coverage) == (judged.pools, judged.coverage)
    assert [one.hostname for one in found.instances] == [one.hostname for one in judged.instances]
    boxes = {one.hostname: one for one in found.instances}
    assert (boxes["acc-01"].release, boxes["acc-01"].licensing_model, str(boxes["acc-01"].captured_at)[:10]) == (
        "17.9.4",
        "slup",
        "2026-05-01",
    )
    (pool,) = [one for one in found.pools if one.license == "C9300 48P NW Advantage"]
    assert pool.in_use == sum(one.count for one in found.licenses if one.license_id == pool.license_id) == 3
    assert [one.count for one in found.licenses if one.hostname == EVIL] == [1]


def test_hosts_of_the_inventory_that_no_run_had_are_counted_now(project: Path) -> None:
    """Of an earlier date, or of one snapshot, the inventory of now says nothing."""
    (project / "inventory").mkdir()
    (project / "inventory" / "hosts.yaml").write_text("acc-01: {platform: cisco_xe}\nnew-01: {platform: cisco_xe}\n")
    for options, never in (((), 1), (("--as-of", "2026-06-01"), 0), (("--snapshot", "1"), 0)):
        done = licsweep("reconcile", "--format", "json", *options, "--project", project)
        assert json.loads(done.out)["data"]["coverage"]["never_tried"] == never


def test_csv_has_a_column_for_each_field(project: Path, tmp_path: Path) -> None:
    instances = rows(licsweep("export", "csv", "--project", project))
    schema = json.loads((Path(__file__).parents[2] / "docs/schemas/export-json.json").read_text())["$defs"]
    assert list(instances[0]) == list(schema["ExportedInstance"]["properties"])
    by_name = {one["hostname"]: one for one in instances}
    assert by_name["acc-02"]["udis"] == "C9300-48P:FOC0000X002 C9300-24P:FOC0000X009"
    assert (by_name["acc-01"]["reservation"], by_name["acc-01"]["virtual_account"]) == ("false", "Campus")
    assert f"'{EVIL}" in by_name  # a spreadsheet runs nothing
    assert list(rows(licsweep("export", "csv", "--table", "pools", "--project", project))[0]) == list(
        schema["Pool"]["properties"]
    )
    assert licsweep("export", "csv", "-o", f"{tmp_path}/out/", "--project", project).code == 0
    names = ["licsweep-instances.csv", "licsweep-licenses.csv", "licsweep-pools.csv"]
    assert sorted(one.name for one in (tmp_path / "out").iterdir()) == names
    assert licsweep("export", "csv", "-o", tmp_path / "a.json", "--project", project).code == 2
