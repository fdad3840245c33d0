"""`licsweep record`: no word of the site is left, and the text still reads the same."""

import json
from pathlib import Path

import pytest

from collectors.parse import parse_text
from licsweep import serialization
from licsweep.jobs.record import vendor_words
from licsweep.scrubbing import Scrubber
from tests.cli.conftest import licsweep
from tests.reading.cases import ROOT, cases, differences

# Words of an invented site, none of which may be left; each stands in the texts below.
SITE = {
    "host": "zrh-acc-17",
    "domain": "corp.mythic-bank.test",
    "serial": "FCW9999G0AB",
    "member": "FCW9999L0CD",
    "smart account": "Mythic Bank",
    "virtual account": "Zurich Retail",
    "server": "10.77.12.4",
    "second address": "fd00:77:4600::17",
    "MAC": "02:53:0e:12:34:56",
    "mail": "jane.doe@mythic-bank.test",
    "tenant": "mythic-zurich-1",
    "proxy": "proxy7",
    "policy": "Mythic Contract Policy",
    "VRF": "RETAIL-MGMT",
    "reload": "replaced by J. Doe",
    "UUID": "7f3c2a10-9b1e-4d55-8c77-0a1b2c3d4e5f",
    "peer": "zrh-core-01",
}
LICENSES = "cisco_xe/show_license_all/slup_5.3_stack_two_tags_one_feature"
VERSION = "cisco_xe/show_version/c9300_17.9"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that holds one box of the site, in an inventory with words of its own."""
    folder = tmp_path_factory.mktemp("site")
    assert licsweep("init", folder).code == 0
    name = f"{SITE['host']}.{SITE['domain']}"
    (folder / "inventory" / "hosts.yaml").write_text(
        f"{name}:\n  hostname: {SITE['server']}\n  platform: cisco_xe\n  data: {{site: Bahnsteig}}\n"
        f"{SITE['peer']}:\n  hostname: 10.77.12.5\n  platform: cisco_xe\n"
    )
    captures = folder / "captures" / name
    captures.mkdir(parents=True)
    (captures / "show_license_all.txt").write_text(licenses())
    (captures / "show_version.txt").write_text(version())
    assert licsweep("ingest", folder / "captures", "--project", folder).code == 0
    return folder


def licenses() -> str:
    text = (ROOT / LICENSES / "output.txt").read_text()
    for old, new in {
        "FOC0000A001": SITE["serial"],
        "FOC0000A002": SITE["member"],
        "Example Networks": SITE["smart account"],
        "Campus North": SITE["virtual account"],
        "http://cslu.example:8182/cslu/v1/pi": f"https://{SITE['server']}/cslu/v1/pi/{SITE['tenant']}",
    }.items():
        assert old in text, old
        text = text.replace(old, new)
    extra = (
        f"  Contact: {SITE['mail']}\n  Seen from {SITE['second address']} by {SITE['peer']} at Bahnsteig\n"
        f"  UUID: {SITE['UUID']}\n  VRF: {SITE['VRF']}\n"
        f"  Policy name: {SITE['policy']}\n  Proxy address: {SITE['proxy']}\n"
    )
    return f"{SITE['host']}#show license all\n{text}{extra}"


def version() -> str:
    text = (ROOT / VERSION / "output.txt").read_text()
    for old, new in {
        "acc-01": SITE["host"],
        "FOC0000A001": SITE["serial"],
        "00:00:5e:00:53:01": SITE["MAC"],
        "Last reload reason: Reload Command": f"Last reload reason: {SITE['reload']}",
    }.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def test_no_word_of_the_site_is_left_and_the_cases_pass(project: Path, tmp_path: Path) -> None:
    done = licsweep("record", f"{SITE['host']}.{SITE['domain']}", "--project", project, "-o", tmp_path)
    assert done.code == 0, done.err
    written = [Path(line) for line in done.out.splitlines()]
    assert {path.relative_to(tmp_path).parts[:2] for path in written} == {
        ("cisco_xe", "show_license_all"),
        ("cisco_xe", "show_version"),
    }
    whole = "\n".join(f"{path}\n{path.read_text()}" for path in written).casefold()
    left = [what for what, word in SITE.items() if word.casefold() in whole]
    assert left == []
    assert "bahnsteig" not in whole
    assert "reads differently" not in done.err
    for truth in (path for path in written if path.name == "expected.json"):
        text = truth.with_name("output.txt").read_text()
        command = truth.parts[-3].replace("_", " ")
        got = serialization.plain(parse_text(text, "cisco_xe", command))
        assert differences(json.loads(truth.read_text())["observation"], got) == []


def test_what_is_counted_stays(project: Path, tmp_path: Path) -> None:
    licsweep("record", f"{SITE['host']}.{SITE['domain']}", "--project", project, "-o", tmp_path)
    (text,) = (path.read_text() for path in tmp_path.glob("cisco_xe/show_license_all/*/output.txt"))
    before = serialization.plain(parse_text(licenses(), "cisco_xe", "show license all"))
    after = serialization.plain(parse_text(text, "cisco_xe", "show license all"))
    assert after["licenses"] == before["licenses"]
    assert len(text.splitlines()) == len(licenses().splitlines())
    serials = [udi["sn"] for udi in after["udis"]]
    assert len(set(serials)) == len({udi["sn"] for udi in before["udis"]})
    (release,) = (path.read_text() for path in tmp_path.glob("cisco_xe/show_version/*/output.txt"))
    assert f"Processor board ID {serials[0]}" in release, "one serial, one invented serial, in every command"


def test_a_case_is_never_overwritten(project: Path, tmp_path: Path) -> None:
    for _ in range(2):
        assert licsweep("record", f"{SITE['host']}.{SITE['domain']}", "--project", project, "-o", tmp_path).code == 0
    assert len(list(tmp_path.glob("cisco_xe/show_version/*"))) == 2


def test_a_host_without_captures(project: Path) -> None:
    done = licsweep("record", "nobody", "--project", project)
    assert done.code == 2
    assert "never collected" in done.err


def test_a_word_that_is_left_is_seen() -> None:
    """The negative control: a scrubber that did not learn a text finds its words in it."""
    text = version()
    learned = Scrubber([], vendor_words())
    learned.learn(text)
    assert learned.left(learned.scrub(text)) == []
    ignorant = Scrubber([("host", SITE["host"])], vendor_words())
    assert ignorant.left(text) == sorted([SITE["host"], SITE["MAC"], SITE["serial"]])
    assert ignorant.left(ignorant.scrub(text)) == sorted([SITE["MAC"], SITE["serial"]])


@pytest.mark.parametrize("case", list(cases()), ids=lambda case: case.name)
def test_every_form_reads_the_same_with_invented_words(case) -> None:  # type: ignore[no-untyped-def]
    scrubber = Scrubber([], vendor_words())
    scrubber.learn(case.text)
    text = scrubber.scrub(case.text)
    assert scrubber.left(text) == []
    before = serialization.plain(parse_text(case.text, case.platform, case.command))
    after = serialization.plain(parse_text(text, case.platform, scrubber.scrub(case.command)))
    del before["evidence"], after["evidence"]  # cut to a length, so that a cut word may stand there
    assert after == scrubber.scrub_all(before)


@pytest.mark.parametrize(
    "text",
    [
        "regid.2017-03.com.cisco.advantagek9,1.0_f1563759-2e03-4a4c-bec5-5feec525a12c",
        "https://smartreceiver.cisco.com/licservice/license",
        "Version 17.9.4a, RELEASE, agent 5.1.26_rel/34, flash:cat9k_iosxe.17.09.04a.SPA.bin",
        "VRF: Mgmt-vrf",
        "Nov 24 12:30:11 2026 UTC, 00:12:44",
    ],
)
def test_the_vendors_words_stay(text: str) -> None:
    scrubber = Scrubber([], vendor_words())
    scrubber.learn(text)
    assert scrubber.scrub(text) == text


def test_a_text_that_holds_a_secret_is_not_recorded(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A capture that was stored before its form was known, and one that holds a word of today's environment."""
    name = f"{SITE['host']}.{SITE['domain']}"
    told = licsweep("record", name, "--project", project, "-o", tmp_path, LICSWEEP_PASSWORD=SITE["host"])
    assert told.code == 2
    assert "a secret stands in" in told.err
    assert list(tmp_path.iterdir()) == []
