"""The APIs of CSSM and SSM On-Prem as their public clients use them, for HttpsServer; `fault` is what goes wrong.

Names, accounts and serial numbers are invented; keys are those of fixtures/entitlements.
"""

import json
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, unquote

from tests.fakes.https_server import Asked, Says

CLIENT, SECRET, TOKEN = "client-of-the-tests", "Secret-of-the-tests-1", "Token-of-the-tests-1"
LICENSES, DEVICES = 200, 130
_CSSM = "/services/api/smart-accounts-and-licensing"
CSSM_TOKEN, ONPREM_TOKEN = "/oauth2/default/v1/token", "/backend/oauth/token"
OVER = threading.Event()
"""Set when the tests are over, so that a server that hangs ends."""


def license_rows(number: int = LICENSES) -> list[dict[str, Any]]:
    """Rows of v1 licenses, in two virtual accounts."""
    return [
        {
            "license": f"License {one // 2}",
            "virtualAccount": ("Campus", "Plant")[one % 2],
            "quantity": 10 + one,
            "inUse": one,
            "billingType": "PREPAID",
            "licenseDetails": [{"licenseType": "PERPETUAL", "quantity": 10 + one, "startDate": None, "endDate": None}],
            "licenseSubstitutions": [],
        }
        for one in range(number)
    ]


def device_rows() -> list[dict[str, Any]]:
    return [
        {
            "hostName": f"acc-{one}.example",
            "virtualAccount": "Campus",
            "lastContactDate": "2026-05-01T00:00:00Z",
            "sudi": {"udiPid": "C9300-24T", "udiSerialNumber": f"FOC0000{one:04}"},
            "licenseUsage": [{"license": "License 0", "quantity": 1}],
        }
        for one in range(DEVICES)
    ]


def cssm(fault: str = "") -> Callable[[Asked], Says]:
    """CSSM and the server of its tokens."""
    times: dict[str, int] = {}

    def respond(asked: Asked) -> Says:
        if asked.path == CSSM_TOKEN:
            return _token({key: value[0] for key, value in parse_qs(asked.body.decode()).items()}, fault)
        if asked.headers.get("Authorization") != f"Bearer {TOKEN}":
            return Says(401, {"error": "no token"})
        if asked.path == f"{_CSSM}/v2/accounts":
            account = {"accountDomain": "example.net", "accountName": "Example Networks", "accountStatus": "Active"}
            return Says(body={"accounts": [account], "status": "SUCCESS"})
        if asked.path == f"{_CSSM}/v1/accounts/example.net/customer/virtual-accounts":
            plant = None if fault == "nameless" else "Plant"
            return Says(body={"virtualAccounts": [{"name": "Campus", "isDefault": "Yes"}, {"name": plant}]})
        what = asked.path.removeprefix(f"{_CSSM}/v1/accounts/example.net/")
        times[what] = times.get(what, 0) + 1
        if what == "licenses" and times[what] == 2 and (broken := _broken(fault)):
            return broken
        page = json.loads(asked.body)
        assert 0 < page["limit"] <= 100, "the documented limit"
        rows = {"licenses": license_rows, "devices": device_rows}[what]()
        rows = [row for row in rows if row["virtualAccount"] in page["virtualAccounts"]]
        total, rows = _lies(fault, rows, page["offset"], page["limit"]) if what == "licenses" else (len(rows), rows)
        body = {"totalRecords": total, what: rows[page["offset"] :][: page["limit"]], "status": "SUCCESS"}
        return Says(body=json.dumps(body)[: -40 if fault == "cut JSON" else None])

    return respond


def _lies(fault: str, rows: list[dict[str, Any]], offset: int, limit: int) -> tuple[int, list[dict[str, Any]]]:
    """The total and the rows of a list that is not what it should be."""
    total, later = len(rows), offset > 0
    match fault:
        case "repeats" if later:
            rows = rows[:limit] * 9
        case "lacks" if later:
            rows.pop(offset)
        case "ends early" if later:
            rows = []
        case "other keys" if later:
            rows[offset] = {"renamed": "License 50"}
        case "total too high":
            total += 7
        case "total too low":
            total = 100
        case "total grows":
            total += offset
        case "endless":
            rows, total = license_rows(offset + limit), 10**9
    return total, rows


def onprem(fault: str = "") -> Callable[[Asked], Says]:
    """An SSM On-Prem server with the local account "Plant 1"."""
    times: dict[str, int] = {}

    def respond(asked: Asked) -> Says:
        said = json.loads(asked.body)
        if asked.path == ONPREM_TOKEN:
            return _token(said, fault)
        if asked.headers.get("Authorization") != f"Bearer {TOKEN}":
            return Says(401, {"error": "no token"})
        assert said == {"limit": -1}
        what = unquote(asked.path).removeprefix("/api/v1/accounts/Plant 1/")
        times[what] = times.get(what, 0) + 1
        if what == "alerts" and times[what] == 1 and (broken := _broken(fault)):
            return broken
        license = {"license": "C9300 DNA Advantage", "status": "In Compliance", "inUse": 3, "available": 7}
        alert = {"messageType": "Insufficient Licenses", "severity": "major", "source": "Plant 1"}
        rows = {"licenses": [license | {"quantity": 10}], "alerts": [alert]}[what]
        if fault == "other keys":
            rows = [{"renamed": 1}]
        if fault == "twice":
            rows = rows * 2
        total = {"total_records": str(len(rows) + 1)} if fault == "total too high" else {}
        return Says(body=json.dumps({what: rows} | total)[: -20 if fault == "cut JSON" else None])

    return respond


def _token(said: dict[str, str], fault: str) -> Says:
    wanted = {"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": SECRET}
    if fault == "client refused" or said != wanted:
        return Says(400, {"error": "invalid_client", "repeated": said})
    return Says(body={"access_token": TOKEN * (fault != "empty token"), "token_type": "Bearer", "expires_in": 3600})


def _broken(fault: str) -> Says | None:
    """What any server may say in the middle of a list."""
    match fault:
        case "401" | "403" | "500":
            return Says(int(fault), {"message": f"said with {TOKEN}"})
        case "429":
            return Says(429, {}, {"Retry-After": "0"})
        case "429 for long":
            return Says(429, {}, {"Retry-After": "86400"})
        case "redirect":
            return Says(302, "", {"Location": "https://127.0.0.1:1/elsewhere"})
        case "repeats the token":
            return Says(200, {"licenses": [], "alerts": [], "debug": TOKEN})
        case "says that it failed":
            return Says(200, {"licenses": [], "alerts": [], "status": "ERROR", "statusMessage": "try later"})
        case "web page":
            return Says(200, "<html>Log in</html>")
        case "cut":
            return Says(raw=lambda out: out.write(b'HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"licenses": ['))
        case "drip":
            return Says(raw=_drip)
    return None


def _drip(out: Any) -> None:
    out.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not OVER.wait(0.05):
        out.write(b" ")
        out.flush()
