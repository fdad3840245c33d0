"""Usage files as devices write them, and projects that know the devices: everything is invented."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from licsweep.jobs import ingest
from licsweep.settings import Project, load

NOW = datetime.now(UTC).replace(microsecond=0)
PID, TAG = "C9300-48P", "regid.2017-05.com.cisco.C9300_48P_NWStack,1.0_11111111-2222-3333-4444-555555555555"


def serial(number: int) -> str:
    return f"FOC2500W{number:03}"


def payload(report_id: int, sn: str, metric: str = "ENTITLEMENT", tags: str | None = None) -> dict[str, Any]:
    sudi = {"udi_pid": PID, "udi_serial_number": sn}
    about: dict[str, Any] = {"removed_sudi_list": [], "added_sudi_list": []}
    if tags:
        about |= {"customer_tags": {"tag1": tags}}
        about["added_sudi_list"] = [{"udi_pid": "C9120AXI-E", "udi_serial_number": "FOC2500AP01"}]
    measured = {
        "metric_name": metric,
        "start_time": 1_767_225_600,
        "end_time": 1_767_312_000,
        "meta": about,
        "value": {"type": "COUNT", "value": "2"},
    }
    return {
        "version": "2.0",
        "asset_identification": {"report_id": report_id, "asset": {"name": "regid.x"}, "instance": {"sudi": sudi}},
        "meta": {"entitlement_tag": TAG, "software_version": "17.09.04", "ha_udi": [{"role": "Active", "sudi": sudi}]},
        "measurements": [measured],
    }


def usage_file(sn: str, *report_ids: int, hostname: str = "", telemetry: int = 0, tags: str | None = None) -> bytes:
    """The file of one device: blanks in a value show whether anybody writes it anew."""
    parts = []
    if hostname:
        about = {"hostname": hostname, "sudi": {"udi_pid": PID, "udi_serial_number": sn}, "nonce": "12 34"}
        parts.append(f"<smartLicenseSystemInfo><data>{json.dumps(about)}</data></smartLicenseSystemInfo>")
    found = [(number, "ENTITLEMENT") for number in report_ids] + ([(telemetry, "TELEMETRY")] if telemetry else [])
    for number, metric in found:
        inner = json.dumps(payload(number, sn, metric, tags), separators=(",", ":"))
        outer = {
            "payload": inner,
            "header": {"type": "rum"},
            "signature": {"sudi": {"udi_pid": PID, "udi_serial_number": sn}, "value": "QUJD"},
        }
        parts.append(f"<RUMReport><![CDATA[{json.dumps(outer, separators=(',', ':'))}]]></RUMReport>")
    return f"<smartLicense>{''.join(parts)}</smartLicense>\r\n".encode()


def ack(text: str = "opaque") -> bytes:
    return f"<smartLicense><smartLicenseRumAck><data>{text}</data></smartLicenseRumAck></smartLicense>".encode()


def observation(number: int, **fields: Any) -> dict[str, Any]:
    """A device whose report is due in 40 days."""
    return {
        "hostname": f"acc-{number:02}",
        "platform": "cisco_xe",
        "captured_at": (NOW - timedelta(hours=1)).isoformat(),
        "licensing_model": "slup",
        "slup_enabled": True,
        "smart_account": "Example",
        "virtual_account": "Plant" if number % 2 else "Office",
        "next_ack_deadline": (NOW + timedelta(days=40)).isoformat(),
        "udis": [{"pid": PID, "sn": serial(number)}],
        "licenses": [{"name": "network-advantage", "entitlement_tag": TAG, "count": 2, "status": "in-use"}],
    } | fields


def ingested(project: Project, *observations: dict[str, Any]) -> None:
    path = project.folder / "observations.json.txt"
    path.write_text(json.dumps(observations))
    ingest.observations(project, path, None)


def made_project(folder: Path, *observations: dict[str, Any]) -> Project:
    """A project whose hosts stand at the sites `north` (odd numbers) and `south`."""
    hosts = (
        f"acc-{n:02}:\n  platform: cisco_xe\n  data: {{site: {'north' if n % 2 else 'south'}}}" for n in range(1, 10)
    )
    (folder / "inventory").mkdir(parents=True)
    (folder / "inventory" / "hosts.yaml").write_text("\n".join(hosts))
    project = load(folder, environment={})
    ingested(project, *observations)
    return project
