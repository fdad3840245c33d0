"""The usage reports (RUM) of a simulated IOS XE: open, closed, unacknowledged, acknowledged, purged; and what it makes
of the files that it imports.

A report is signed when it is closed, over its payload as it is written, by a key that goes with the serial number
(HMAC-SHA256, 32 bytes as those of a builtin signature): the simulated CSSM refuses a payload with one byte changed.
Forms and states: public samples of IOS XE 17.6 and 17.9. How CSSM signs is made up, and what a box says to a wrong file
is taken from the agent's error texts.
"""

import base64
import hmac
import html
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from licsweep.model import Record, Udi
from licsweep.simulator.device import Device

NOT_FOUND = "The requested item was not found\n"
IMPORTED = "Import Data Successful\n"
REPEATED = "nonce failed to match\n"
SAMPLE_SECONDS = 900
PERIOD = timedelta(days=30)
SOFTWARE_TAG = "regid.2017-05.com.cisco.C9300,v1_00000000-0000-4000-8000-000000000000"
_ACK = re.compile(rb"<smartLicense>\s*<smartLicenseRumAck>\s*<data>([^<]*)</data>\s*</smartLicenseRumAck>")
_OTHER_IMPORTS = (
    (rb"<smartLicensePolicy>.+</smartLicensePolicy>", "Import POLICY"),
    (rb"<smartLicenseTrustCode>.+</smartLicenseTrustCode>", "Import TRUST CODE"),
    (rb"<smartLicenseAuthorization>.+</smartLicenseAuthorization>", "Import AUTH"),
)


@dataclass(slots=True)
class Report:
    """One report of one license; `signed` is its signed form once it is closed."""

    id: int
    feature: str
    tag: str
    count: int
    start: datetime
    end: datetime | None = None
    state: str = "OPEN"
    reason: str = "<none>"
    purged: bool = False
    signed: str = ""

    @property
    def metric(self) -> str:
        return "ENTITLEMENT" if self.feature else "TELEMETRY"


class RumState(Record):
    """What `show license all` says of the reports."""

    acked_at: datetime | None
    written_at: datetime | None = None
    total: int = 34
    purged: int = 0
    acknowledged: int = 30
    waiting: int = 0
    available: int = 4
    collecting: int = 0


def compact(value: Any) -> str:
    """JSON as devices write it."""
    return json.dumps(value, separators=(",", ":"))


def signature(signer: str, text: str) -> str:
    """What a device (by its serial) or a smart account signs a text with."""
    key = hmac.digest(b"a simulated signer", signer.encode(), "sha256")
    return base64.b64encode(hmac.digest(key, text.encode(), "sha256")).decode()


def sudi(udi: Udi) -> dict[str, str]:
    return {"udi_pid": udi.pid or "", "udi_serial_number": udi.sn or ""}


@dataclass(slots=True)
class UsageReports:
    """The reports of one device. `uses` are (feature, entitlement tag, count); `second_layout` that of 17.9."""

    device: Device
    uses: Sequence[tuple[str, str, int]]
    second_layout: bool
    acked_at: datetime | None
    began: datetime
    reports: list[Report] = field(default_factory=list)
    written_at: datetime | None = None
    imports: list[tuple[str, datetime]] = field(default_factory=list)
    nonces: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """The past: one purged and one acknowledged report a license, then one every 30 days, the last one open."""
        uses = [*self.uses, *([("", SOFTWARE_TAG, 0)] if self.second_layout else [])]
        start = self.acked_at - 2 * PERIOD if self.acked_at else self.began
        while start + PERIOD < datetime.now(UTC):
            for use in uses:
                report = self._open(use, start)
                self._close(report, start + PERIOD, "ProductReload")
                if self.acked_at and start < self.acked_at:
                    report.state, report.reason, report.purged = "ACK", "ACKED", start + PERIOD < self.acked_at
            start += PERIOD
        for use in uses:
            self._open(use, start)

    def _open(self, use: tuple[str, str, int], start: datetime) -> Report:
        number = max((report.id + 1 for report in self.reports), default=0)
        self.reports.append(Report(max(int(start.timestamp()), number), *use, start=start))
        return self.reports[-1]

    def _close(self, report: Report, end: datetime, why: str) -> None:
        report.end, report.state, report.reason = end, "CLOSED", "REPORTING"
        report.signed = self._signed(report, end, why)

    def _signed(self, report: Report, end: datetime, why: str) -> str:
        own, seconds = sudi(self.device.udis[0]), int((end - report.start).total_seconds())
        identity: dict[str, Any] = {"asset": {"name": SOFTWARE_TAG}, "instance": {"sudi": own}}
        meta: dict[str, Any] = {"software_version": "17", "ha_udi": [{"role": "Active", "sudi": own}]}
        if report.feature:
            meta = {"entitlement_tag": report.tag} | meta
        seal = {"signing_type": "builtin", "key": "00000000", "value": signature(own["udi_serial_number"], "asset")}
        measured = {
            "log_time": int(end.timestamp()),
            "metric_name": report.metric,
            "start_time": int(report.start.timestamp()),
            "end_time": int(end.timestamp()),
            "sample_interval": seconds,
            "num_samples": seconds // SAMPLE_SECONDS + 1,
            "meta": {"termination_reason": why},
            "value": {"type": "COUNT", "value": str(report.count)},
        }
        if self.second_layout:
            about = {"version": "2.0", "asset_identification": identity | {"report_id": report.id}, "signature": seal}
            payload = compact(about | {"meta": meta | {"utility_enabled": False}, "measurements": [measured]})
        else:
            about = {"asset_identification": identity | {"signature": seal}, "meta": meta | {"report_id": report.id}}
            payload = compact(about | {"measurements": [measured]})
        signed = {"sudi": own, "signing_type": "builtin", "key": "00000000"}
        signed["value"] = signature(own["udi_serial_number"], payload)
        return compact({"payload": payload, "header": {"type": "rum"}, "signature": signed})

    def save(self, wanted: str, number: int) -> bytes | None:
        """What `license smart save usage` writes, which closes the open reports first; None where there is nothing."""
        now = datetime.now(UTC).replace(microsecond=0)
        for report in list(self.reports):
            asked = wanted != "rum-id" or report.id == number
            if asked and report.state == "OPEN" and (now - report.start).total_seconds() >= SAMPLE_SECONDS:
                self._close(report, now, "CurrentUsageRequested")
                self._open((report.feature, report.tag, report.count), now)
        takes: dict[str, Callable[[Report], bool]] = {
            "all": lambda report: True,  # noqa: ARG005
            "unreported": lambda report: report.state == "CLOSED",
            "days": lambda report: report.end is not None and report.end >= now - timedelta(days=number),
            "rum-id": lambda report: report.id == number,
        }
        chosen = [one for one in self.reports if one.signed and not one.purged and takes[wanted](one)]
        if not chosen:
            return None
        for report in chosen:
            report.state = "UNACK" if report.state == "CLOSED" else report.state
        self.written_at = now
        return self._file(chosen, now).encode()

    def _file(self, chosen: Sequence[Report], now: datetime) -> str:
        stack = self.device.udis[1:] or self.device.udis
        system = {
            "sudi": sudi(self.device.udis[0]),
            "timestamp": int(now.timestamp() * 1000),
            "nonce": str(int(now.timestamp())),
            "hostname": self.device.name,
            "software_tag_identifier": SOFTWARE_TAG,
            "device_list": [{"hostname": self.device.name, "sudi": sudi(udi)} for udi in stack],
        }
        about = (
            f"<smartLicenseSystemInfo><data>{html.escape(compact(system), quote=False)}</data></smartLicenseSystemInfo>"
        )
        bodies = "".join(f"<RUMReport><![CDATA[{report.signed}]]></RUMReport>" for report in chosen)
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<smartLicense>{about}{bodies}</smartLicense>\n'

    def imported(self, raw: bytes) -> str:
        """The device's answer to `license smart import` of these bytes."""
        now = datetime.now(UTC)
        if found := _ACK.search(raw):
            answer = self._acknowledged(html.unescape(found[1].decode("utf-8", "replace")), now)
            what = "Import RUM ACK"
        else:
            what = next((name for form, name in _OTHER_IMPORTS if re.search(form, raw, re.DOTALL)), "")
            answer = IMPORTED if what else "message parsing error\n"
        if answer == IMPORTED:
            self.imports.append((what, now))
        return answer

    def _acknowledged(self, data: str, now: datetime) -> str:
        try:
            ack = json.loads(data)
            body, seal, ids = ack["body"], ack["signature"], json.loads(ack["body"])["report_ids"]
            owner = json.loads(body)["sudi"]
        except (ValueError, KeyError, TypeError):
            return "message parsing error\n"
        if owner != sudi(self.device.udis[0]):
            return "Product Instance identifier failed to match\n"
        if not hmac.compare_digest(seal, signature(self.device.smart_account, body)):
            return "Signature Verification failed\n"
        if seal in self.nonces:
            return REPEATED
        self.nonces.add(seal)
        for report in self.reports:
            report.purged = report.purged or report.state == "ACK"
            if str(report.id) in ids:
                report.state, report.reason = "ACK", "ACKED"
        self.acked_at = now
        return IMPORTED

    @property
    def state(self) -> RumState:
        """What stands under Usage Reporting and in the summary."""
        states = [report.state for report in self.reports if report.feature]
        return RumState(
            acked_at=self.acked_at,
            written_at=self.written_at,
            total=len(states) - states.count("OPEN"),
            purged=sum(report.purged for report in self.reports if report.feature),
            acknowledged=states.count("ACK"),
            waiting=states.count("UNACK"),
            available=states.count("CLOSED"),
            collecting=states.count("OPEN"),
        )
