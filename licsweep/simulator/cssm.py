"""A stand-in for CSSM's page of usage data files: an upload in, the acknowledgement file or archive out.

It takes what a smart account may upload: reports whose payload is byte for byte what the device signed. How it signs
its acknowledgements is made up; a simulated device believes those of its own smart account.
"""

import hmac
import html
import io
import json
import re
import tarfile
from dataclasses import dataclass, field
from datetime import UTC, datetime

from licsweep.errors import InputError
from licsweep.simulator.rum import compact, signature

_REPORT = re.compile(rb"<RUMReport><!\[CDATA\[(.*?)\]\]></RUMReport>", re.DOTALL)


@dataclass(slots=True)
class SimulatedCssm:
    """One smart account. `accepted` are (serial, report id) of all uploads, the telemetry's too; `policy` goes into
    every acknowledgement."""

    smart_account: str
    policy: str = ""
    accepted: list[tuple[str, str]] = field(default_factory=list)

    def acknowledge(self, name: str, raw: bytes) -> tuple[str, bytes]:
        """The name and bytes of what it gives back. Raises InputError for a report that was changed on its way."""
        if raw.startswith(b"\x1f\x8b"):
            return f"ACK_{name}", self._archive(raw)
        return f"ACK_{name}", self._file(name, raw)

    def _archive(self, raw: bytes) -> bytes:
        outer = io.BytesIO()
        with tarfile.open(fileobj=io.BytesIO(raw)) as given, tarfile.open(fileobj=outer, mode="w:gz") as made:
            for member in given.getmembers():
                content = given.extractfile(member)
                if content is None or member.name.endswith("manifest.mf"):
                    continue
                name = member.name.rsplit("/", 1)[-1]
                ack, body = self.acknowledge(name, content.read())
                about = tarfile.TarInfo(ack)
                about.size = len(body)
                made.addfile(about, io.BytesIO(body))
        return outer.getvalue()

    def _file(self, name: str, raw: bytes) -> bytes:
        reports = [json.loads(body) for body in _REPORT.findall(raw)]
        if not reports:
            raise InputError(f"{name}: no usage report", why="CSSM takes the files of license smart save usage")
        for report in reports:
            expected = signature(report["signature"]["sudi"]["udi_serial_number"], report["payload"])
            if not hmac.compare_digest(report["signature"]["value"], expected):
                raise InputError(f"{name}: a report was changed on its way", why="its signature does not match")
        payloads = [json.loads(report["payload"]) for report in reports]
        owner = payloads[0]["asset_identification"]["instance"]["sudi"]
        ids = [str(one["asset_identification"].get("report_id") or one["meta"]["report_id"]) for one in payloads]
        self.accepted += [(owner["udi_serial_number"], number) for number in ids]
        body = compact({"sudi": owner, "report_ids": ids, "timestamp": datetime.now(UTC).isoformat()})
        data = compact({"body": body, "signature": signature(self.smart_account, body)})
        ack = f"<smartLicenseRumAck><data>{html.escape(data, quote=False)}</data></smartLicenseRumAck>"
        return f"<smartLicense>{ack}{self.policy}</smartLicense>\n".encode()
