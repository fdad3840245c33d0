"""CUCM, Unity Connection and Expressway over HTTPS beside their CLI."""

from base64 import b64encode
from dataclasses import replace
from pathlib import Path

import pytest

from licsweep.access.accounts import Accounts
from licsweep.access.allowlist import RequestList
from licsweep.access.basic import BasicSession
from licsweep.access.hostkeys import KnownHosts
from licsweep.access.login import Https, Limits, Login
from licsweep.errors import AuthFailed, CommandNotAllowed, LoginWithheld, NoRestAnswer, ServerFailed
from licsweep.platforms import get
from tests.fakes.https_server import AUTHORITY, Asked, HttpsServer, Says

PASSWORD = "loopback-word"
LIMITS = Limits(connect=2, command=2, device=4)
AXL = "AXL getSmartLicenseStatus"
VMREST = "GET /vmrest/smartlicense/licensedetails"
XML = "<LicenseDetails><Registration><Status>Registered</Status></Registration></LicenseDetails>"


def session(server: HttpsServer, platform: str, folder: Path, accounts: Accounts | None = None) -> BasicSession:
    login = Login(
        address="127.0.0.1",
        port=server.port,
        username="reader",
        password=PASSWORD,
        account="reader@pub",
        lockout_after=3,
        https=Https(authorities=AUTHORITY.pem),
    )
    return BasicSession(login, get(platform), KnownHosts(folder / "none"), LIMITS, accounts=accounts)


def asked_of(server: HttpsServer, platform: str, command: str, folder: Path) -> str:
    one = session(server, platform, folder)
    one.open()
    try:
        (answer,) = one.answers([command])
    finally:
        one.close()
    assert answer.command == command
    return answer.text


def right(asked: Asked) -> bool:
    return asked.headers.get("Authorization") == "Basic " + b64encode(f"reader:{PASSWORD}".encode()).decode()


@pytest.mark.parametrize(
    ("platform", "command", "text"),
    [
        ("cisco_cuc", VMREST, XML),
        ("cisco_cuc", VMREST, '{"Register": {"Status": "Registered"}}'),
        ("cisco_expressway", "GET /api/v1/status/common/smartlicensing/licensing", '{"Registration": {}}'),
    ],
)
def test_a_get_carries_the_password(tmp_path: Path, platform: str, command: str, text: str) -> None:
    with HttpsServer(lambda asked: Says(body=text) if right(asked) else Says(401)) as server:
        assert asked_of(server, platform, command, tmp_path) == text
    assert [(asked.method, asked.target) for asked in server.asked] == [tuple(command.split(" "))]


@pytest.mark.parametrize("known", ["12.5", "15.0"])
def test_axl_is_one_call_in_a_version_that_the_release_takes(tmp_path: Path, known: str) -> None:
    def respond(asked: Asked) -> Says:
        fits = f'/API/{known}"'.encode() in asked.body and right(asked)
        return Says(body=XML) if fits else Says(599, "<html>version not supported</html>")

    with HttpsServer(respond) as server:
        assert asked_of(server, "cisco_cucm", AXL, tmp_path) == XML
    assert {(asked.method, asked.target) for asked in server.asked} == {("POST", "/axl/")}
    assert all(b"<ns:getSmartLicenseStatus/>" in asked.body for asked in server.asked)
    assert server.asked[-1].headers["SOAPAction"] == f'"CUCM:DB ver={known} getSmartLicenseStatus"'


@pytest.mark.parametrize(
    ("says", "error", "words"),
    [
        (Says(401), AuthFailed, ""),
        (Says(500, "<e><faultstring>User is not authorized</faultstring></e>"), ServerFailed, "User is not authorized"),
        (Says(body="<!DOCTYPE html><html>Please log in</html>"), NoRestAnswer, "Please log in"),
    ],
)
def test_what_is_no_answer_is_told(tmp_path: Path, says: Says, error: type[Exception], words: str) -> None:
    with HttpsServer(lambda _: says) as server, pytest.raises(error) as caught:
        asked_of(server, "cisco_cucm", AXL, tmp_path)
    assert words in caught.value.why  # type: ignore[attr-defined]
    assert len(server.asked) == 1


def test_an_account_is_never_locked(tmp_path: Path) -> None:
    accounts = Accounts()
    with HttpsServer(lambda _: Says(401)) as server:
        for expected in (AuthFailed, AuthFailed, LoginWithheld):
            one = session(server, "cisco_cucm", tmp_path, accounts)
            one.open()
            with pytest.raises(expected):
                list(one.answers([AXL]))
            one.close()
    assert len(server.asked) == 2


def envelope(call: str) -> bytes:
    head = b'<soapenv:Envelope xmlns:soapenv="x"><soapenv:Header/><soapenv:Body>'
    return head + call.encode() + b"</soapenv:Body></soapenv:Envelope>"


@pytest.mark.parametrize(
    ("platform", "method", "target", "body"),
    [
        ("cisco_cucm", "POST", "/axl/", envelope("<ns:doSmartLicenseRegister/>")),
        ("cisco_cucm", "POST", "/axl/", envelope("<ns:getSmartLicenseStatus/><ns:doSmartLicenseRegister/>")),
        ("cisco_cucm", "POST", "/axl/", b""),
        ("cisco_cucm", "GET", "/axl/", envelope("<ns:getSmartLicenseStatus/>")),
        ("cisco_cuc", "POST", "/axl/", envelope("<ns:getSmartLicenseStatus/>")),
        ("cisco_cuc", "PUT", "/vmrest/smartlicense/licensedetails", b""),
        ("cisco_cuc", "POST", "/vmrest/smartlicense/licensedetails", b""),
        ("cisco_cuc", "PUT", "/vmrest/smartlicense/register", b""),
        ("cisco_expressway", "POST", "/api/v1/status/common/smartlicensing/licensing", b""),
        ("cisco_expressway", "GET", "/api/v1/provisioning/common/smartlicensing/licensing", b""),
    ],
)
def test_what_writes_is_never_sent(platform: str, method: str, target: str, body: bytes) -> None:
    with pytest.raises(CommandNotAllowed):
        RequestList(get(platform)).check(method, target, body)


def test_no_record_holds_a_call_that_writes() -> None:
    from licsweep.line_patterns import record_objection

    assert record_objection("AXL getSmartLicenseStatus", "vos") is None
    assert record_objection("AXL doSmartLicenseRegister", "vos")
    assert record_objection("PUT /vmrest/smartlicense/register", "vos")
    record = replace(get("cisco_cucm"), may_send=("AXL doSmartLicenseRegister",))
    body = envelope("<ns:doSmartLicenseRegister/>")
    with pytest.raises(CommandNotAllowed):
        RequestList(record).check("POST", "/axl/", body)
