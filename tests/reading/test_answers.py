"""Answers of REST and SOAP interfaces: cut, hostile, split over pages; and how a manager's lists are joined."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from collectors import json_paths
from collectors.parse import observe, parse_text, refusal
from licsweep.errors import InputError
from licsweep.model import Capture, Observation, Outcome
from licsweep.reading.host_report import HostReport, capture, read_report
from licsweep.serialization import to_json
from tests.reading.cases import Case, cases

CASES = list(cases())
ANSWERS = [case for case in CASES if case.expected.get("complete") and case.text.lstrip()[:1] in ("{", "<")]
PLATFORM = "GET /api/fmc_platform/v1"
DOMAIN = "GET /api/fmc_config/v1/domain/00000000-0000-4000-8000-00000000d000"


def text(name: str) -> str:
    return next(case.text for case in CASES if case.name == name)


def seen(platform: str, outputs: dict[str, str], hostname: str = "fmc-2.example.test") -> Observation:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    captures = [
        Capture(hostname=hostname, command=command, text=said, started_at=at, seconds=0.1, sha256="0" * 64)
        for command, said in outputs.items()
    ]
    return observe(captures, platform, hostname=hostname)


def fmc(**more: str) -> dict[str, str]:
    return {
        f"{PLATFORM}/info/serverversion": text("cisco_fmc/get_serverversion/list_7.4"),
        f"{PLATFORM}/license/smartlicenses": text("cisco_fmc/get_smartlicenses/registered"),
        f"{DOMAIN}/devices/devicerecords?offset=0&limit=25&expanded=true": text(
            "cisco_fmc/get_devicerecords/7.4_tier_pair_and_new_key"
        ),
        f"{PLATFORM}/license/devicelicenses?expanded=true": text("cisco_fmc/get_devicelicenses/three_devices"),
        f"{DOMAIN}/devicehapairs/ftddevicehapairs?expanded=true": text("cisco_fmc/get_ftddevicehapairs/with_states"),
        f"{DOMAIN}/deviceclusters/ftddevicecluster": text("cisco_fmc/get_ftddevicecluster/names_only_without_expanded"),
        f"{DOMAIN}/integration/fmchastatuses": text("cisco_fmc/get_fmchastatuses/pair"),
        **more,
    }


@pytest.mark.parametrize("case", ANSWERS, ids=lambda case: case.name)
def test_an_answer_that_is_cut_anywhere_is_not_complete(case: Case) -> None:
    whole = case.text.rstrip()
    for end in range(0, len(whole), 7):
        assert not parse_text(whole[:end], case.platform, case.command).complete, end
        assert not parse_text(whole[end + 1 :], case.platform, case.command).complete, end


def test_the_lists_of_a_manager_are_one() -> None:
    """The negative control is the third device, which one list alone names."""
    whole = seen("cisco_fmc", fmc())
    assert (whole.outcome, whole.complete, whole.release) == ("ok", True, "7.4.1")
    assert [(d.hostname, d.serial, d.ha_pair, d.ha_role) for d in whole.managed_devices] == [
        ("ftd-1", "9AF0000F511", "edge", "standby"),
        ("ftd-2", "9AF0000F512", "edge", "active"),
        (None, None, None, None),
    ]
    assert whole.managed_devices[0].license_types == ("ESSENTIALS", "IPS", "MALWARE_DEFENSE")
    assert whole.managed_devices[1].license_types == ("ESSENTIALS", "IPS", "URL")
    types = {item.field: item for item in whole.evidence if item.field.endswith("license_types")}
    assert types["managed_devices[0].license_types"].path == "$.items[0].licenseTypes[0]"
    assert types["managed_devices[2].license_types"].path == "$.items[2].licenseTypes"


def test_a_manager_knows_its_own_role_by_its_name() -> None:
    assert [seen("cisco_fmc", fmc(), name).ha_role for name in ("fmc-1", "FMC-2.example.test", "fmc-9")] == [
        "standby",
        "active",
        None,
    ]
    subscriber = seen(
        "cisco_cuc",
        {
            "show license all": text("cisco_cuc/show_license_all/12.5_registered"),
            "show network cluster": text("cisco_cuc/show_network_cluster/15_no_node_says_since_when"),
        },
        "cuc-sub.example.test",
    )
    assert (subscriber.node_role, subscriber.complete) == ("subscriber", True)


def test_a_release_without_devicelicenses_loses_nothing() -> None:
    missing = text("cisco_fmc/get_devicelicenses/release_without_it")
    older = fmc(
        **{
            f"{PLATFORM}/license/devicelicenses?expanded=true": missing,
            f"{DOMAIN}/deviceclusters/ftddevicecluster": text("cisco_fmc/get_ftddevicecluster/control_and_data_nodes"),
        }
    )
    whole = seen("cisco_fmc", older)
    assert refusal(missing, "cisco_fmc") == "unknown-command"
    assert (whole.complete, len(whole.managed_devices)) == (True, 4)
    assert whole.managed_devices[0].license_types == ("ESSENTIALS", "IPS")


def test_answers_about_one_device_each_are_joined_too() -> None:
    one = {"type": "DeviceLicense", "licenseTypes": ["CARRIER"]}
    each = {
        f"{PLATFORM}/license/devicelicenses/{uid}": json.dumps({"id": uid, **one})
        for uid in ("00000000-0000-4000-8000-000000000012", "00000000-0000-4000-8000-000000000011")
    }
    known = fmc()
    del known[f"{DOMAIN}/deviceclusters/ftddevicecluster"]
    whole = seen("cisco_fmc", {**known, **each})
    assert [d.license_types[-1:] for d in whole.managed_devices] == [("CARRIER",), ("CARRIER",), ()]
    assert whole.complete


def test_pages_are_one_answer_and_a_page_that_is_missing_is_seen() -> None:
    rows = [{"id": f"uid-{n}", "model": "FTDv", "name": f"ftd-{n}", "license_caps": ["BASE"]} for n in range(5)]
    path = f"{DOMAIN}/devices/devicerecords"

    def page(offset: int) -> str:
        return json.dumps(
            {"items": rows[offset : offset + 2], "paging": {"offset": offset, "limit": 2, "count": 5, "pages": 3}}
        )

    registered = {f"{PLATFORM}/license/smartlicenses": text("cisco_fmc/get_smartlicenses/registered")}
    pages = {f"{path}?offset={offset}&limit=2&expanded=true": page(offset) for offset in (0, 2, 4)}
    whole = seen("cisco_fmc", {**registered, **pages})
    assert (whole.complete, len(whole.managed_devices)) == (True, 5)
    last = next(item for item in whole.evidence if item.field == "managed_devices[4]")
    assert (last.command, last.path) == (f"{path}?offset=4&limit=2&expanded=true", "$.items[0].id")
    del pages[f"{path}?offset=2&limit=2&expanded=true"]
    assert not seen("cisco_fmc", {**registered, **pages}).complete
    pages[f"{path}?offset=2&limit=2&expanded=true"] = page(2)[:-30]
    assert not seen("cisco_fmc", {**registered, **pages}).complete


@pytest.mark.parametrize(
    ("said", "whole"),
    [
        ('{"items": [<A>, <B>], "paging": {"count": 2, "pages": 1}}', True),
        ('{"items": [<A>, <A>], "paging": {"count": 2}}', False),
        ('{"items": [<A>], "paging": {"count": 1, "pages": 2}}', False),
        ('{"items": [<A>], "paging": {"count": 2.0}}', False),
        ('{"items": [<A>], "paging": {"count": -1}}', False),
        ('{"items": [<A>], "paging": {"count": "\u00b2"}}', False),
        (f'{{"items": [<A>], "paging": {{"count": "{"9" * 5000}"}}}}', False),
        ('{"items": [<A>, <B>], "items": [<A>], "paging": {"count": 1}}', False),
        ('{"items": [], "paging": {"count": 0}}', True),
    ],
    ids=["whole", "one twice", "a page more", "2.0", "-1", "no digit", "5000 digits", "two lists", "none"],
)
def test_a_list_that_may_lack_devices_is_not_complete(said: str, whole: bool) -> None:
    for name in "AB":
        row = {"id": name, "model": "FTDv", "license_caps": ["BASE"], "name": f"ftd-{name}\ud800"}
        said = said.replace(f"<{name}>", json.dumps(row))
    registered = {f"{PLATFORM}/license/smartlicenses": text("cisco_fmc/get_smartlicenses/registered")}
    read = seen("cisco_fmc", {**registered, f"{DOMAIN}/devices/devicerecords": said})
    assert read.complete == whole
    assert not (whole and read.unclaimed_lines)
    assert to_json(read)


def test_two_sources_that_disagree_are_told_and_never_summed() -> None:
    cli, axl = (
        text("cisco_cucm/show_license_all/12.0_registered"),
        text("cisco_cucm/axl_getsmartlicensestatus/12.5_soap"),
    )
    nodes = text("cisco_cucm/show_network_cluster/15_one_node_without_domain")
    outputs = {"show license all": cli, "show network cluster": nodes}
    assert seen("cisco_cucm", outputs).complete
    both = seen("cisco_cucm", {**outputs, "AXL getSmartLicenseStatus": axl})
    assert (both.complete, sum(use.count or 0 for use in both.licenses)) == (True, 7)
    told = {(one.name or "").split(",")[0]: (one.said, one.otherwise) for one in both.contradictions}
    short = "regid.2016-07.com.cisco.UCM_"
    assert told == {
        "regid.2017-02.com.cisco.UCM_CUWL": ("0", "10"),
        f"{short}Enhanced": ("5", "0"),
        f"{short}Basic": ("2", "0"),
    }
    lines = [item for item in both.evidence if item.field == "contradictions[0]"]
    assert [(line.command, line.path is None) for line in lines] == [
        ("show license all", True),
        ("AXL getSmartLicenseStatus", False),
    ]
    said = parse_text(cli, "cisco_cucm", "show license all")
    rows = "".join(
        f"<Entitlement><Tag>{use.entitlement_tag}</Tag><Count>{use.count}</Count><Status>Init</Status></Entitlement>"
        for use in said.licenses
    )
    same = re.sub(r"(?<=<LicenseStatus>).*(?=</LicenseStatus>)", rows, axl)
    assert seen("cisco_cucm", {**outputs, "AXL getSmartLicenseStatus": same}).contradictions == ()
    unregistered = same.replace("<Status>Registered<", "<Status>Unregistered<")
    (one,) = seen("cisco_cucm", {**outputs, "AXL getSmartLicenseStatus": unregistered}).contradictions
    assert (one.field, one.said, one.otherwise) == ("registration_status", "registered", "unregistered")


@pytest.mark.parametrize("said", ["No valid command entered\n", "Executed command unsuccessfully\n"])
def test_a_request_may_stand_in_for_a_refused_command(said: str) -> None:
    refused = {"show license all": said}
    nodes = {"show network cluster": text("cisco_cucm/show_network_cluster/15_one_node_without_domain")}
    axl = {"AXL getSmartLicenseStatus": text("cisco_cucm/axl_getsmartlicensestatus/12.5_soap")}
    whole = seen("cisco_cucm", refused | nodes | axl)
    assert (whole.outcome, whole.complete, whole.contradictions) == ("ok", True, ())
    assert not seen("cisco_cucm", refused | nodes).complete
    assert not seen("cisco_cucm", refused | axl | {"show network cluster": said}).complete, "nothing tells the role"


def test_what_a_source_did_not_print_whole_contradicts_nothing() -> None:
    """The negative control is the whole answer of the test above."""
    axl = text("cisco_cucm/axl_getsmartlicensestatus/12.5_soap")
    cut = {"show license all": text("cisco_cucm/show_license_all/cut_in_the_usage"), "AXL getSmartLicenseStatus": axl}
    assert seen("cisco_cucm", cut).contradictions == ()
    whole = {"show license all": text("cisco_cucm/show_license_all/12.0_registered")}
    unread = {"AXL getSmartLicenseStatus": axl.replace("<Count>10<", "<Count>1,000<")}
    assert seen("cisco_cucm", whole | unread).contradictions == ()


def test_licenses_are_not_whole_where_only_the_role_was_refused() -> None:
    outputs = {"show license all": text("cisco_cucm/show_license_all/12.0_registered")}
    whole = seen("cisco_cucm", outputs | {"show network cluster": "No valid command entered\n"})
    assert (whole.outcome, len(whole.licenses)) == ("partial", 4)


def test_a_failed_command_says_nothing_about_the_release() -> None:
    failed = dict.fromkeys(("show license all", "show network cluster"), "Executed command unsuccessfully.\n")
    assert seen("cisco_cucm", failed).outcome == "refused"
    assert seen("cisco_cucm", dict.fromkeys(failed, "No valid command entered\n")).outcome == "unsupported"


def test_a_subscriber_need_not_know_the_licenses() -> None:
    nodes = {"show network cluster": text("cisco_cucm/show_network_cluster/10.5_asked_on_the_subscriber")}
    refused = {"show license all": "Executed command unsuccessfully\n"}
    whole = seen("cisco_cucm", nodes | refused)
    assert (whole.outcome, whole.complete, whole.node_role) == ("ok", True, "subscriber")
    cut = {"show license all": text("cisco_cucm/show_license_all/cut_in_the_usage")}
    assert not seen("cisco_cucm", nodes | cut).complete
    publisher = {"show network cluster": text("cisco_cucm/show_network_cluster/10.5_asked_on_the_publisher")}
    assert not seen("cisco_cucm", publisher | refused).complete


@pytest.mark.parametrize(
    ("release", "outcome"),
    [("11.5.1.12900-21", "unsupported"), ("12.0.1.10000-1", "partial"), ("9.1.2.1-1", "unsupported")],
)
def test_a_release_below_12_is_not_supported(release: str, outcome: str) -> None:
    outputs = {
        "show version active": f"Active Master Version: {release}\nActive Version Installed Software Options:\n",
        "show license all": "No valid command entered\n",
        "show network cluster": text("cisco_cucm/show_network_cluster/10.5_asked_on_the_publisher"),
    }
    assert seen("cisco_cucm", outputs).outcome == outcome


def test_option_keys_stand_beside_smart_licenses() -> None:
    outputs = {
        "xStatus SystemUnit": text("cisco_expressway/xstatus_systemunit/x14.2"),
        "xStatus License": text("cisco_expressway/xstatus_license/x12.6_flush_left"),
        "xStatus Options": text("cisco_expressway/xstatus_options/two_keys"),
    }
    whole = seen("cisco_expressway", outputs)
    assert (whole.complete, whole.licensing_model, [use.count for use in whole.licenses]) == (True, "classic", [20, 0])
    vcs = seen("cisco_expressway", {**outputs, "xStatus License": "Command not recognized.\n"})
    assert (vcs.complete, vcs.licensing_model, len(vcs.licenses)) == (True, "pak", 2)
    assert not seen("cisco_expressway", {**outputs, "xStatus License": "ERROR\n"}).complete


@pytest.mark.parametrize(
    ("said", "means"),
    [
        (text("cisco_fmc/get_smartlicenses/token_expired"), "unauthorized"),
        (text("cisco_fmc/get_smartlicenses/cdfmc_token_of_another_scope"), "unauthorized"),
        (text("cisco_cuc/get_licensedetails/unauthorized_page"), "unauthorized"),
        (text("cisco_cucm/axl_getsmartlicensestatus/fault"), "unknown-command"),
        (text("cisco_cucm/show_license_all/no_such_command"), "unknown-command"),
        (text("cisco_ftd/show_version/syntax_error"), "unknown-command"),
        (text("cisco_expressway/xstatus_license/vcs_without_it"), "unknown-command"),
        (text("cisco_expressway/xstatus_cluster/error"), "failed"),
        (text("cisco_cucm/show_version_active/refused"), "failed"),
        (text("cisco_fxos/show_chassis_inventory/invalid_command"), "unknown-command"),
        (text("cisco_fmc/get_smartlicenses/registered"), None),
        (text("cisco_fmc/get_serverversion/too_many_requests"), None),
    ],
)
def test_refusals(said: str, means: str | None) -> None:
    assert refusal(said, "cisco_fmc") == means


@pytest.mark.parametrize(
    "said",
    [
        "{" * 100_000,
        '{"items":' * 3_000 + "1" + "}" * 3_000,
        '{"items":[' * 400 + "1" + "]}" * 400,
        "<a>" * 100_000,
        "<a>" * 2_000 + "</a>" * 2_000,
        '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        '{"regStatus": ' + "9" * 10_000 + "}",
        "[]",
        "{}",
        "<a/>",
        '{"": {"": [[[]]]}}',
    ],
    ids=range(11),
)
@pytest.mark.parametrize("platform", ["cisco_fmc", "cisco_fdm", "cisco_cucm", "cisco_cuc", "cisco_expressway"])
def test_hostile_answers_read_as_nothing(platform: str, said: str) -> None:
    for command in [None, *{case.command for case in CASES if case.platform == platform}]:
        read = parse_text(said, platform, command)
        assert (read.complete, read.licenses, read.managed_devices) == (False, (), ())


def test_an_answer_of_too_many_values_is_out_of_bounds() -> None:
    with pytest.raises(InputError):
        json_paths.leaves(json.dumps({"items": [0] * 300_000}))


def test_paths_lead_back_to_their_values() -> None:
    def at(tree: Any, path: str) -> Any:
        for key in path.removeprefix("$.").replace("[", ".").replace("]", "").split("."):
            tree = tree[int(key)] if isinstance(tree, list) else tree[key]
        return tree

    said = text("cisco_fmc/get_devicerecords/three_container_instances")
    found = json_paths.leaves(said)
    assert len(found) > 60
    for leaf in found:
        value = at(json.loads(said), leaf.shown)
        assert leaf.text == ("" if value is None else str(value).lower() if isinstance(value, bool) else str(value))


def test_an_old_release_ends_with_its_reason() -> None:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    said = {
        "show version active": text("cisco_cucm/show_version_active/11.5"),
        "show license all": "No valid command entered\n",
        "show network cluster": text("cisco_cucm/show_network_cluster/10.5_asked_on_the_publisher"),
    }
    captures = tuple(capture("cucm-old", command, answer, at) for command, answer in said.items())
    outcome = Outcome(hostname="cucm-old", status="ok")
    ended = read_report(HostReport(platform="cisco_cucm", outcome=outcome, tried_at=at, captures=captures)).outcome
    assert (ended.status, ended.reason) == (
        "unsupported",
        "release 11.5.1.12900-21 is older than 12.0, the first one that is read",
    )
