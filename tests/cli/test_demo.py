"""`licsweep demo`: everything goes as the estate was designed, and says where its reports are."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import ROOT, Done, licsweep
from tests.store.conftest import captured


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What is judged of the demo as it is without an option: large enough for every kind of device."""
    folder = tmp_path_factory.mktemp("whole") / "project"
    done = licsweep("demo", "--keep", folder)
    assert done.code == 0, done.err
    assert "not as designed" not in done.err, done.err
    judged: dict[str, Any] = json.loads(licsweep("reconcile", "--project", folder, "--format", "json").out)["data"]
    return judged


def test_all_went_as_designed(demo: tuple[Path, Done]) -> None:
    _, done = demo
    assert done.code == 0, done.err
    assert "not as designed" not in done.err


def test_each_report_file_is_printed_on_a_line_and_is_there(demo: tuple[Path, Done]) -> None:
    folder, done = demo
    files = [Path(line) for line in done.out.splitlines() if line.startswith(str(folder))]
    assert {file.suffix for file in files} == {".html", ".xlsx", ".csv", ".json"}
    assert all(file.stat().st_size for file in files)
    assert {file.name.split("-")[1] for file in files} == {"usage", "estate", "contract"}


def test_no_bar_in_a_pipe(demo: tuple[Path, Done]) -> None:
    _, done = demo
    for text in (done.out, done.err):
        assert "\x1b" not in text
        assert "\r" not in text


def test_broken_boxes_are_told_with_their_reason(demo: tuple[Path, Done]) -> None:
    _, done = demo
    for outcome in ("unreachable (", "auth-failed (", "host-key-changed (", "timed-out ("):
        assert outcome in done.err


def test_the_site_without_a_line_reports(demo: tuple[Path, Done]) -> None:
    folder, done = demo
    assert "no line to CSSM: usage collected, acknowledged, delivered: Import Data Successful" in done.err
    status = json.loads(licsweep("courier", "status", "--format", "json", "--project", folder).out)["data"]["reports"]
    assert status
    assert all(report["delivered_at"] for report in status)


def test_proxy_words_reach_nothing(demo: tuple[Path, Done]) -> None:
    folder = demo[0]
    texts = [one.text.encode() for one in captured(folder)]
    assert any(b"Username: <removed>" in text for text in texts)
    everything = [*texts, *(file.read_bytes() for file in folder.rglob("*") if file.is_file())]
    for word in (b"proxy-user-word", b"proxy-pass-word"):
        assert not any(word in content for content in everything)


def test_collaboration_from_the_sessions_to_the_pools(whole: dict[str, Any]) -> None:
    pools = {pool["license"]: pool for pool in whole["pools"] if pool["virtual_account"] == "Data Centre"}
    # The publisher prints 30 of Enhanced and owns 23; CUWL, of which 10 are owned, lends the rest.
    enhanced, cuwl = pools["UC Manager Enhanced License (12.x)"], pools["UC Manager CUWL License (12.X)"]
    assert (enhanced["charged"], enhanced["borrowed"], enhanced["status"]) == (30, 7, "covered-by-substitution")
    assert (cuwl["charged"], cuwl["lent"], cuwl["balance"]) == (0, 7, 3)
    # Each Expressway node is registered by itself and prints 10.
    assert pools["Expressway Rich Media Session"]["charged"] == 20
    assert pools["Unity Connection Basic Messaging"]["charged"] == 25
    names = {row["hostname"] for row in whole["instances"]}
    assert {"dc-cucm-001", "dc-cuc-001", "dc-exp-001", "dc-exp-002"} <= names
    assert not names & {"dc-cucm-002", "dc-cucm-003"}, "subscribers are members"
    subjects = {finding["subject"]["id"] for finding in whole["findings"]}
    assert not subjects & {"dc-cucm-001", "dc-cucm-002", "dc-cucm-003", "dc-cuc-001", "dc-exp-001", "dc-exp-002"}


def test_too_few_devices_is_a_usage_error() -> None:
    assert licsweep("demo", "--devices", 3).code == 2


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "licsweep.toml").write_text("workers = 5\n")
    done = licsweep("demo", "--devices", 8, "--keep", tmp_path)
    assert (done.code, [path.name for path in tmp_path.iterdir()]) == (2, ["licsweep.toml"])
    assert "not empty" in done.err


def test_what_managers_say_becomes_pools(whole: dict[str, Any]) -> None:
    """Pairs and cluster nodes consume each, container instances once for their chassis, a pair of FMCs once."""
    used = {pool["license"]: pool["in_use"] for pool in whole["pools"] if "IPS" in pool["license"]}
    assert used == {
        "Secure Firewall 3105 IPS": 2,
        "Threat Defense Virtual FTDv50 IPS": 2,
        "Secure Firewall 3110 IPS": 4,
        "Firepower 4112 Threat Defense IPS": 1,
        "Firepower 1010 Threat Defense IPS": 1,
    }
    found = {(one["name"], one["subject"]["id"]) for one in whole["findings"]}
    assert "unmatched-license" not in {name for name, _ in found}
    assert ("evaluation", "br-fmc-001") in found


def test_the_agreement_tells_its_stories(demo: tuple[Path, Done]) -> None:
    folder = demo[0]
    found = json.loads(licsweep("report", "contract", "--format", "json", "--project", folder).out)["data"]
    (agreement,) = found["agreements"]
    switching, firewall = agreement["suites"]
    assert (switching["used"] > 0, switching["covered_elsewhere"], switching["price_range"]) == (
        True,
        2,
        [310.0, 325.0],
    )
    assert (firewall["unit_price"], firewall["generated"], firewall["under_used"] > 30) == (585.0, 7, True)
    review = json.loads(licsweep("report", "review", "--format", "json", "--project", folder).out)["data"]
    raised = {row["finding"] for row in review["checklist"]}
    assert {"token-expired", "token-wrong-plane", "onprem-stale", "subscription-ending"} <= raised


def masked(text: str) -> str:
    """Without what moves with the day: dates, times, days, and findings that rest on them; white space is one blank."""
    text = " ".join(text.split())
    text = re.sub(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\dZ)?)?", "DATE", text)
    return re.sub(r"\b\d+ (days|findings)", r"N \1", text)


def not_printed(readme: str, printed: str) -> list[str]:
    """The parts of the README's excerpts (between lines of dots) that are not in what was printed."""
    excerpts = re.findall(r"^```text\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    parts = [part for excerpt in excerpts for part in re.split(r"^\.\.\.$", excerpt, flags=re.MULTILINE)]
    assert len(parts) > 5
    return [part for part in parts if masked(part) not in masked(printed)]


def test_what_the_readme_shows_is_what_the_demo_prints(demo: tuple[Path, Done]) -> None:
    folder, done = demo
    readme = (ROOT / "README.md").read_text()
    host = re.findall(r"`licsweep show (\S+) --all`", readme)[0]
    printed = done.out + licsweep("show", host, "--all", "--project", folder).out
    assert not_printed(readme, printed) == []
    assert len(not_printed(readme.replace("2 short", "3 short"), printed)) == 1
