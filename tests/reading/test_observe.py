"""Several commands of one host become one observation."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from collectors.parse import observe, parse_text, platform_candidates, recognize_platform, refusal
from licsweep import platforms
from licsweep.errors import UsageError
from licsweep.model import Capture, Observation, Udi
from tests.reading.cases import Case, cases

ROOT = Path(__file__).parents[2] / "fixtures"
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
REFUSED = "show license all\n         ^\n% Invalid command at '^' marker.\n"


def text(platform: str, command: str, case: str) -> str:
    return (ROOT / platform / command.replace(" ", "_") / case / "output.txt").read_text("utf-8")


def seen(platform: str, outputs: dict[str, str]) -> Observation:
    captures = [
        Capture(
            hostname="box.example",
            command=command,
            text=said,
            started_at=START + timedelta(seconds=at),
            seconds=0.1,
            sha256=hashlib.sha256(said.encode()).hexdigest(),
        )
        for at, (command, said) in enumerate(outputs.items())
    ]
    return observe(captures, platform, hostname="box.example")


def nxos(**more: str) -> dict[str, str]:
    given = {"show version": text("cisco_nxos", "show version", "n9k_9.3")}
    return given | {f"show license {name.replace('host_id', 'host-id')}": said for name, said in more.items()}


def test_iosxe() -> None:
    whole = seen(
        "cisco_xe",
        {
            "show version": text("cisco_xe", "show version", "c9300_17.9"),
            "show license all": text("cisco_xe", "show license all", "slup_5.3_stack_two_tags_one_feature"),
        },
    )
    assert (whole.hostname, whole.release, whole.outcome, whole.complete) == ("box.example", "17.9.4a", "ok", True)
    assert whole.captured_at == START
    assert [use.count for use in whole.licenses] == [2, 2, 1]
    assert {item.command for item in whole.evidence} == {"show version", "show license all"}


def test_nxos_9_takes_the_serial_of_the_host_id_and_the_model_of_show_version() -> None:
    whole = seen(
        "cisco_nxos",
        nxos(
            usage=text("cisco_nxos", "show license usage", "table_9.x"),
            all=REFUSED,
            host_id="License hostid: VDH=FOX0000K999\n",
        ),
    )
    assert (whole.outcome, whole.licensing_model, whole.release) == ("ok", "pak", "9.3(10)")
    assert whole.udis == (Udi(pid="C93180YC-EX", sn="FOX0000K999"),)


def test_nxos_10_counts_what_two_commands_print_once() -> None:
    whole = seen(
        "cisco_nxos",
        nxos(
            usage=text("cisco_nxos", "show license usage", "slup_10.2_blocks"),
            all=text("cisco_nxos", "show license all", "slup_10.2"),
            host_id=REFUSED,
        ),
    )
    assert (whole.outcome, whole.licensing_model, len(whole.licenses)) == ("ok", "slup", 2)
    assert whole.udis == (Udi(pid="N9K-C93180YC-FX", sn="FDO0000K001", vid="V02"),)
    assert {item.command for item in whole.evidence if item.field.startswith("licenses")} == {"show license usage"}


def test_iosxe_tech_support_adds_what_all_does_not_say() -> None:
    all_ = text("cisco_xe", "show license all", "slup_5.3_stack_two_tags_one_feature")
    tech = text("cisco_xe", "show license tech support", "slup_5.5_stack_cslu_platform_map")
    tech = tech.replace("  Count: 2", "  Count: 2", 1)
    whole = seen("cisco_xe", {"show license all": all_, "show license tech support": tech})
    assert [use.tag_kind for use in whole.licenses] == ["label"] * len(whole.licenses)
    assert whole.communication is not None
    assert whole.communication.last_response == "NO REPLY"
    assert (whole.complete, len(whole.trust_data)) == (True, 3)
    fewer = tech.replace("  Count: 2", "  Count: 1")
    assert not seen("cisco_xe", {"show license all": all_, "show license tech support": fewer}).complete


def test_asa_with_an_activation_key_is_read_from_show_version() -> None:
    refused = "ERROR: % Invalid input detected at '^' marker.\n"
    whole = seen(
        "cisco_asa", {"show version": text("cisco_asa", "show version", "pak_5525"), "show license all": refused}
    )
    assert (whole.outcome, whole.complete, whole.licensing_model, len(whole.licenses)) == ("ok", True, "pak", 9)
    assert whole.udis == (Udi(pid="ASA5525", sn="FCH0000R001"),)
    smart = seen(
        "cisco_asa", {"show version": text("cisco_asa", "show version", "smart_asav"), "show license all": refused}
    )
    assert (smart.complete, smart.licenses) == (False, ())


def test_asa_with_smart_licensing_does_not_count_what_the_platform_can_do() -> None:
    outputs = {
        "show version": text("cisco_asa", "show version", "smart_asav"),
        "show license all": text("cisco_asa", "show license all", "classic_1.6_evaluation"),
    }
    whole = seen("cisco_asa", outputs)
    assert (whole.complete, len(whole.licenses), whole.release) == (True, 1, "9.18(4)")


def test_two_commands_that_disagree_are_not_complete() -> None:
    usage = text("cisco_nxos", "show license usage", "slup_10.2_blocks")
    one = usage.replace("  Count: 1", "  Count: 2")
    whole = seen("cisco_nxos", nxos(usage=one, all=text("cisco_nxos", "show license all", "slup_10.2")))
    assert (whole.outcome, whole.complete) == ("partial", False)


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ("% Invalid input detected at '^' marker.\n", "unsupported"),
        ("Command authorization failed.\n", "refused"),
        ("", "unparsed"),
        ("banner\nthat says nothing\n", "unparsed"),
        ("Smart Licensing Status\n======================\n\nSmart Licensing is ENABLED\n", "partial"),
    ],
)
def test_a_required_command_without_a_whole_answer(said: str, outcome: str) -> None:
    version = text("cisco_xe", "show version", "c9300_17.9")
    whole = seen("cisco_xe", {"show version": version, "show license all": said})
    assert (whole.outcome, whole.complete, whole.licenses) == (outcome, False, ())
    assert whole.release == "17.9.4a"


def test_a_command_that_no_template_reads_is_passed_over() -> None:
    all_ = text("cisco_xe", "show license all", "slup_no_licenses_in_use")
    whole = seen("cisco_xe", {"show license all": all_, "show clock": "12:00:00 UTC"})
    assert (whole.outcome, whole.unclaimed_lines) == ("ok", ())


def test_a_required_command_that_was_never_sent() -> None:
    assert seen("cisco_xe", {}).outcome == "unparsed"


def test_refusals() -> None:
    assert refusal(REFUSED, "cisco_nxos") == "unknown-command"
    assert refusal("% Permission denied for the role\n", "cisco_nxos") == "unauthorized"
    assert refusal("r1#show license all\n% Authorization failed.\nr1#", "cisco_xe") == "unauthorized"
    assert refusal(text("cisco_xe", "show license all", "classic_registered"), "cisco_xe") is None
    assert refusal("\n".join(["% Invalid input"] * 9), "cisco_xe") is None


@pytest.mark.parametrize(
    ("platform", "said"),
    [
        ("cisco_xe", text("cisco_xe", "show version", "c9300_17.9")),
        ("cisco_xe", "Cisco IOS Software, ASR1000 Software (X86_64_LINUX_IOSD-UNIVERSALK9-M), Version 15.5(3)S\n"),
        ("cisco_ios", text("cisco_ios", "show version", "isr_g2")),
        ("cisco_ios", "IOS (tm) C2950 Software (C2950-I6Q4L2-M), Version 12.1(22)EA14, RELEASE SOFTWARE (fc1)\n"),
        ("cisco_nxos", text("cisco_nxos", "show version", "n9k_9.3")),
        ("cisco_nxos", text("cisco_nxos", "show license usage", "table_9.x")),
        ("cisco_asa", text("cisco_asa", "show version", "pak_5525")),
        ("cisco_asa", "fw-01 login\nType help or '?' for a list of available commands.\nfw-01> "),
        ("cisco_xr", text("cisco_xr", "show version", "8000")),
        ("cisco_xr", "\nRP/0/RP0/CPU0:xr-01#"),
        ("cisco_xe", text("cisco_xe", "show license all", "classic_registered")),
        ("cisco_xe", text("cisco_xe", "show license summary", "table_stack_account")),
        ("cisco_xe", "r1#show license udi\nUDI: PID:C8300-1N1S-6T,SN:FLM0000Y106\n"),
        ("cisco_ios", "r1#show license udi\nUDI: PID:CISCO2951/K9,SN:FTX0000Y107\n"),
        ("cisco_xr", "show license udi\nUDI: PID:8201-SYS,SN:FOC0000Y108\n"),
        ("cisco_nxos", text("cisco_nxos", "show license usage", "slup_10.2_blocks")),
        ("cisco_asa", text("cisco_asa", "show license all", "classic_1.6_evaluation")),
        (None, text("cisco_xe", "show license usage", "classic_none")),
        (None, ""),
    ],
)
def test_a_text_tells_its_platform_or_nothing(platform: str | None, said: str) -> None:
    assert recognize_platform(said) == platform


@pytest.mark.parametrize(
    ("candidates", "said"),
    [
        ("", ""),
        ("", "banner\nthat says nothing\n"),
        ("cisco_ios cisco_xe", text("cisco_ios", "show license", "rtu")),
        (
            "cisco_ios cisco_xe cisco_xr",
            "r1#show license usage\n" + text("cisco_xe", "show license usage", "classic_none"),
        ),
        (
            "cisco_asa cisco_fxos cisco_nxos",
            "r1# show license usage\n" + text("cisco_xe", "show license usage", "classic_none"),
        ),
        # two boxes in one text: whoever is meant, it is not told
        (
            "cisco_nxos cisco_xe",
            text("cisco_xe", "show version", "c9300_17.9") + "UDI: PID:N9K-C9336C-FX2,SN:FDO0000Y1\n",
        ),
    ],
)
def test_where_several_platforms_are_possible_they_are_named(candidates: str, said: str) -> None:
    assert " ".join(platform_candidates(said)) == candidates


def test_the_texts_of_one_host_tell_its_platform_together() -> None:
    features, udi = text("cisco_ios", "show license", "rtu"), "UDI: PID:CISCO2951/K9,SN:FTX0000Y107\n"
    assert platform_candidates(features) == ("cisco_ios", "cisco_xe")
    assert platform_candidates(features, "", udi) == ("cisco_ios",)


@pytest.mark.parametrize("case", list(cases()), ids=lambda case: case.name)
def test_no_output_of_a_platform_is_taken_for_another_s(case: Case) -> None:
    found = platform_candidates(case.text)
    # a list of REST without objects is the same whatever was asked
    told = case.expected.get("complete") and parse_text(case.text, case.platform, case.command).evidence
    assert case.platform in found or not (found or told)


def test_platforms_come_through_the_entry_points() -> None:
    assert {"cisco_xe", "cisco_nxos", "cisco_asa", "cisco_ios", "cisco_xr"} <= set(platforms.platforms())
    with pytest.raises(UsageError, match="cisco_ucs"):
        platforms.get("cisco_ucs")
    for platform in platforms.platforms().values():
        assert set(platform.required) <= set(platform.lines)


def test_fixture_truths_are_json() -> None:
    assert all(json.loads(path.read_text("utf-8")) for path in ROOT.glob("cisco_*/*/*/expected.json"))
