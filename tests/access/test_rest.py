"""Sessions with FMC, cdFMC and FDM against servers that speak as these do."""

import json
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from licsweep.access.accounts import Accounts
from licsweep.access.conversation import Answer
from licsweep.access.hostkeys import KnownHosts
from licsweep.access.login import Https, Limits, Login
from licsweep.access.session import conversation
from licsweep.errors import (
    AccessError,
    AuthFailed,
    LoginWithheld,
    NoRestAnswer,
    PathUnknown,
    RoleTooSmall,
    ServerFailed,
    TokenRefused,
    TooManyRequests,
)
from licsweep.platforms import platforms
from tests.fakes.https_server import AUTHORITY, Asked, HttpsServer, Says

PASSWORD = "loopback-word"
DOMAIN = "00000000-aaaa-bbbb-cccc-000000000001"
AUTH = "/api/fmc_platform/v1/auth"
FDM_TOKEN = "/api/fdm/latest/fdm/token"
LIMITS = Limits(connect=2, command=2, device=4)
REQUIRED = {name: platforms()[name].required for name in ("cisco_fmc", "cisco_fdm")}


class Fmc:
    """A manager with its tokens; `documents` are lists by the last word of their path."""

    def __init__(self, **documents: list[dict[str, Any]]) -> None:
        self.documents = {"smartlicenses": [{"regStatus": "REGISTERED"}], "devicerecords": []} | documents
        self.access = self.refresh = ""
        self.given = self.refreshes = 0
        self.more: dict[str, str] = {}
        self.knows = PASSWORD
        self.says: dict[str, Says] = {}
        self.before: Callable[[Asked], None] = lambda _: None

    def __call__(self, asked: Asked) -> Says:
        self.before(asked)
        if asked.path in self.says:
            return self.says[asked.path]
        if asked.path == f"{AUTH}/generatetoken":
            right = asked.headers.get("Authorization") == "Basic " + b64encode(f"reader:{self.knows}".encode()).decode()
            self.refreshes = 0
            return self.tokens() if right else refused("Invalid credentials")
        if asked.path == f"{AUTH}/refreshtoken":
            right = asked.headers.get("X-auth-refresh-token") == self.refresh and self.refreshes < 3
            self.refreshes += 1
            return self.tokens() if right else refused("Invalid refresh token")
        if asked.headers.get("X-auth-access-token") != self.access:
            return refused("Access token invalid")
        if asked.path == f"{AUTH}/revokeaccess":
            self.access = ""
            return Says(204)
        return self.listed(asked)

    def tokens(self) -> Says:
        self.given += 1
        self.access, self.refresh = f"access-{self.given}-word", f"refresh-{self.given}-word"
        headers = {"X-auth-access-token": self.access, "X-auth-refresh-token": self.refresh, "DOMAIN_UUID": DOMAIN}
        return Says(204, headers=headers | self.more)

    def listed(self, asked: Asked) -> Says:
        items = self.documents.get(asked.path.rpartition("/")[2])
        if items is None:
            return Says(404, {"error": {"category": "FRAMEWORK", "messages": [{"description": "Resource not found."}]}})
        if "limit" not in asked.query:
            return Says(body={"items": items})
        offset, limit = int(asked.query["offset"]), int(asked.query["limit"])
        paging = {"offset": offset, "limit": limit, "count": len(items), "pages": -(-len(items) // limit)}
        return Says(body={"items": items[offset : offset + limit], "paging": paging})


def refused(words: str) -> Says:
    return Says(401, {"error": {"message": words}})


def login(server: HttpsServer, **more: Any) -> Login:
    usual: dict[str, Any] = {
        "username": "reader",
        "password": PASSWORD,
        "account": "reader@default",
        "lockout_after": 10,
        "https": Https(authorities=AUTHORITY.pem),
    }
    return Login(address="127.0.0.1", port=server.port, **usual | more)


def opened(server: HttpsServer, platform: str = "cisco_fmc", accounts: Accounts | None = None, **more: Any) -> Any:
    return conversation(
        login(server, **more), platforms()[platform], KnownHosts(Path("none")), LIMITS, accounts=accounts
    )


def asked_all(session: Any, platform: str = "cisco_fmc") -> list[Answer]:
    try:
        session.open()
        return list(session.answers(platforms()[platform].lines))
    finally:
        session.close()


def ending(session: Any, platform: str = "cisco_fmc") -> AccessError:
    with pytest.raises(AccessError) as caught:
        asked_all(session, platform)
    return caught.value


@pytest.fixture
def fmc() -> Iterator[tuple[Fmc, HttpsServer]]:
    manager = Fmc()
    with HttpsServer(manager) as server:
        yield manager, server


def paths(server: HttpsServer) -> list[str]:
    return [f"{asked.method} {asked.path.rpartition('/')[2]}" for asked in server.asked]


def test_every_command_is_asked_and_the_token_given_back(fmc: tuple[Fmc, HttpsServer]) -> None:
    manager, server = fmc
    manager.documents |= {"serverversion": [{"serverVersion": "7.4.2 (build 172)"}], "ftddevicehapairs": []}
    session = opened(server)
    answers = asked_all(session)
    assert [answer.command for answer in answers] == [
        "GET /api/fmc_platform/v1/info/serverversion",
        "GET /api/fmc_platform/v1/license/smartlicenses",
        f"GET /api/fmc_config/v1/domain/{DOMAIN}/devices/devicerecords?expanded=true&limit=200&offset=0",
        f"GET /api/fmc_config/v1/domain/{DOMAIN}/devicehapairs/ftddevicehapairs?expanded=true&limit=200&offset=0",
    ]
    assert [paths(server)[0], paths(server)[-1]] == ["POST generatetoken", "POST revokeaccess"]
    assert manager.access == ""
    assert ["devicelicenses" in note and "404" in note for note in session.notes] == [True, False, False, False]


def test_pages_are_kept_one_by_one(fmc: tuple[Fmc, HttpsServer]) -> None:
    manager, server = fmc
    manager.documents["devicerecords"] = [{"id": str(number)} for number in range(450)]
    records = [answer for answer in asked_all(opened(server)) if "devicerecords" in answer.command]
    assert [answer.command.rpartition("=")[2] for answer in records] == ["0", "200", "400"]
    assert sum(len(json.loads(answer.text)["items"]) for answer in records) == 450


@pytest.mark.parametrize(
    "second",
    [{"items": [], "paging": {"offset": 1, "count": 3}}, {"items": [{"id": "0"}], "paging": {"offset": 0, "count": 3}}],
    ids=["an empty page", "the first page again"],
)
def test_paging_that_goes_nowhere_ends(fmc: tuple[Fmc, HttpsServer], second: dict[str, Any]) -> None:
    manager, server = fmc
    path = f"/api/fmc_config/v1/domain/{DOMAIN}/devices/devicerecords"
    says = iter([{"items": [{"id": "0"}], "paging": {"offset": 0, "count": 3}}, second])
    manager.before = lambda asked: manager.says.update({path: Says(body=next(says))} if asked.path == path else {})
    assert len([answer for answer in asked_all(opened(server)) if "devicerecords" in answer.command]) == 2


def test_an_expired_token_is_refreshed_three_times_then_it_logs_in_once_more(fmc: tuple[Fmc, HttpsServer]) -> None:
    manager, server = fmc
    manager.documents |= {
        name: [] for name in ("serverversion", "devicelicenses", "ftddevicehapairs", "ftddevicecluster")
    }

    def expire(asked: Asked) -> None:
        if asked.method == "GET" and asked.headers.get("X-auth-access-token") == manager.access and expires:
            expires.pop()
            manager.access = "expired"

    expires = [1, 2, 3, 4]
    manager.before = expire
    accounts = Accounts()
    assert len(asked_all(opened(server, accounts=accounts))) == 6
    posts = [path for path in paths(server) if path.startswith("POST")]
    assert posts == [
        "POST generatetoken",
        *["POST refreshtoken"] * 3,
        "POST generatetoken",
        "POST revokeaccess",
    ]
    assert accounts.refusal("reader@default", 2) is None


def test_a_refused_refresh_logs_in_once_more(fmc: tuple[Fmc, HttpsServer]) -> None:
    manager, server = fmc

    def another_login(asked: Asked) -> None:
        if asked.path.endswith("smartlicenses") and manager.given == 1:
            manager.access = manager.refresh = "of another login"

    manager.before = another_login
    assert len(asked_all(opened(server))) == 2
    assert [path for path in paths(server) if path.startswith("POST")] == [
        "POST generatetoken",
        "POST refreshtoken",
        "POST generatetoken",
        "POST revokeaccess",
    ]


def test_who_is_thrown_out_again_and_again_gives_up(fmc: tuple[Fmc, HttpsServer]) -> None:
    manager, server = fmc

    def another_login(asked: Asked) -> None:
        if asked.method == "GET":
            manager.access = manager.refresh = "of another login"

    manager.before = another_login
    told = ending(opened(server))
    assert (isinstance(told, TokenRefused), "of its own" in told.hint) == (True, True)
    assert paths(server).count("POST generatetoken") == 2


def test_a_wrong_password_is_sent_once_and_counted(fmc: tuple[Fmc, HttpsServer]) -> None:
    manager, server = fmc
    manager.knows = "another"
    accounts = Accounts()
    told = ending(opened(server, accounts=accounts))
    assert (isinstance(told, AuthFailed), told.why, paths(server)) == (
        True,
        "Invalid credentials",
        ["POST generatetoken"],
    )
    withheld = ending(opened(server, accounts=accounts, lockout_after=2))
    assert (isinstance(withheld, LoginWithheld), len(server.asked)) == (True, 1)


def test_a_login_whose_answer_never_came_counts_as_failed(fmc: tuple[Fmc, HttpsServer]) -> None:
    manager, server = fmc
    manager.says[f"{AUTH}/generatetoken"] = Says(raw=lambda _: None)
    accounts = Accounts()
    session = opened(server, accounts=accounts)
    ending(session)
    assert (session.login_began, accounts.refusal("reader@default", 2) is None) == (True, False)


def test_a_password_that_was_not_sent_does_not_count() -> None:
    with HttpsServer(lambda _: Says()) as server:
        accounts = Accounts()
        session = opened(server, accounts=accounts, https=Https())
        ending(session)
    assert (session.login_began, accounts.refusal("reader@default", 2)) == (False, None)


def problem(status: int, words: str = "No.") -> Says:
    return Says(status, {"error": {"category": "FRAMEWORK", "messages": [{"description": words}], "severity": "ERROR"}})


HTML = Says(body="<!DOCTYPE html><html><body>Log in</body></html>")


@pytest.mark.parametrize(
    ("says", "kind", "status"),
    [
        (problem(403), RoleTooSmall, "refused"),
        (problem(404), PathUnknown, "unsupported"),
        (Says(404, "<html>nginx</html>"), PathUnknown, "unsupported"),
        (problem(500), ServerFailed, "unreachable"),
        (Says(502, "<html>Bad Gateway</html>"), ServerFailed, "unreachable"),
        (problem(400), NoRestAnswer, "unparsed"),
        (Says(302, "", {"Location": "https://portal.example/"}), NoRestAnswer, "unparsed"),
        (HTML, NoRestAnswer, "unparsed"),
        (Says(429, "", {"Retry-After": "100"}), TooManyRequests, "unreachable"),
    ],
    ids=["403", "404", "404 HTML", "500", "502", "400", "302", "HTML", "429"],
)
def test_what_keeps_all_from_being_read(
    fmc: tuple[Fmc, HttpsServer], says: Says, kind: type[AccessError], status: str
) -> None:
    manager, server = fmc
    manager.listed = lambda _: says  # type: ignore[method-assign]
    told = ending(opened(server))
    assert (type(told), told.status) == (kind, status)
    assert told.what.startswith("GET /api/fmc_platform/v1/")


@pytest.mark.parametrize("says", [problem(403), problem(404), problem(503), HTML], ids=["403", "404", "503", "HTML"])
def test_one_path_that_fails_is_a_note_and_the_rest_is_read(fmc: tuple[Fmc, HttpsServer], says: Says) -> None:
    manager, server = fmc
    manager.says[f"/api/fmc_config/v1/domain/{DOMAIN}/devices/devicerecords"] = says
    session = opened(server)
    assert [answer.command for answer in asked_all(session)] == ["GET /api/fmc_platform/v1/license/smartlicenses"]
    assert any("devicerecords" in note for note in session.notes)


@pytest.mark.parametrize(
    ("says", "kind"),
    [
        (problem(403), RoleTooSmall),
        (problem(503), ServerFailed),
        (HTML, NoRestAnswer),
        (Says(204), NoRestAnswer),
        (Says(204, headers={"X-auth-access-token": ""}), NoRestAnswer),
    ],
    ids=["403", "503", "HTML", "no token", "an empty token"],
)
def test_logins_that_bring_no_token(fmc: tuple[Fmc, HttpsServer], says: Says, kind: type[AccessError]) -> None:
    manager, server = fmc
    manager.says[f"{AUTH}/generatetoken"] = says
    assert isinstance(ending(opened(server)), kind)
    assert paths(server) == ["POST generatetoken"]


def test_a_token_of_no_word_is_refused_and_breaks_nothing(fmc: tuple[Fmc, HttpsServer]) -> None:
    manager, server = fmc
    manager.says[f"{AUTH}/generatetoken"] = Says(204, headers={"X-auth-access-token": "\x1c", "DOMAIN_UUID": DOMAIN})
    assert isinstance(ending(opened(server)), TokenRefused)


@pytest.mark.parametrize(
    ("domains", "told"),
    [
        ('[{"name": "Global", "uuid": "UUID"}]', False),
        ('[{"name": "Global", "uuid": "UUID"}, {"name": "Global/South", "uuid": "another"}]', True),
        ("[[", False),
    ],
)
def test_domains_beside_that_of_the_login_are_told(fmc: tuple[Fmc, HttpsServer], domains: str, told: bool) -> None:
    manager, server = fmc
    manager.more = {"DOMAINS": domains.replace("UUID", DOMAIN)}
    session = opened(server)
    asked_all(session)
    note = "the devices of other domains are not read: Global/South"
    assert session.notes.count(note) == told


def test_no_token_in_what_is_kept_or_told(fmc: tuple[Fmc, HttpsServer]) -> None:
    manager, server = fmc
    access = "access-1-word"
    manager.documents["smartlicenses"] = [{"regStatus": "REGISTERED", "note": f"you sent {access}"}]
    manager.says[f"/api/fmc_config/v1/domain/{DOMAIN}/devices/devicerecords"] = problem(403, f"{access} may not")
    session = opened(server)
    answers = asked_all(session)
    assert access not in "".join((*(answer.text + answer.command for answer in answers), *session.notes))
    assert PASSWORD not in repr(session) + repr(vars(session))


def cdfmc(asked: Asked) -> Says:
    if asked.headers.get("Authorization") != "Bearer long-token-of-a-person":
        return problem(401, "SCC token is invalid")
    items = {"domain": [{"name": "Global", "uuid": DOMAIN}], "smartlicenses": [{"regStatus": "REGISTERED"}]}
    found = items.get(asked.path.rpartition("/")[2]) if asked.path.startswith("/fmc/") else None
    return problem(404) if found is None else Says(body={"items": found, "paging": {"count": len(found)}})


def test_cdfmc_takes_a_token_behind_its_prefix() -> None:
    with HttpsServer(cdfmc) as server:
        answers = asked_all(opened(server, token="long-token-of-a-person", password=None))
        assert [answer.command for answer in answers] == ["GET /fmc/api/fmc_platform/v1/license/smartlicenses"]
        assert {asked.method for asked in server.asked} == {"GET"}
        assert f"/fmc/api/fmc_config/v1/domain/{DOMAIN}/devices/devicerecords" in {one.path for one in server.asked}


def test_a_token_that_is_refused_is_not_sent_again_and_counts_for_no_password() -> None:
    with HttpsServer(cdfmc) as server:
        accounts = Accounts()
        told = ending(opened(server, accounts=accounts, token="wrong", password=None))
        assert (isinstance(told, TokenRefused), "SCC token is invalid" in told.why, len(server.asked)) == (
            True,
            True,
            1,
        )
        assert accounts.refusal("reader@default", 2) is None
        assert isinstance(ending(opened(server, token="wr\nong", password=None)), AuthFailed)


class Fdm:
    """A device that manages itself."""

    def __init__(self) -> None:
        self.given, self.access = 0, ""
        self.bodies: list[dict[str, str]] = []

    def __call__(self, asked: Asked) -> Says:
        if asked.path == FDM_TOKEN:
            body = json.loads(asked.body)
            self.bodies.append(body)
            return self.grant(body)
        if asked.headers.get("Authorization") != f"Bearer {self.access}":
            return problem(401, "Invalid token")
        last = asked.path.rpartition("/")[2]
        if last == "default":
            return Says(body={"type": last, "serialNumber": "FOC00001X00"})
        count = 3 if last == "smartlicenses" else 1
        offset, limit = int(asked.query["offset"]), 2
        items = [{"licenseType": "BASE", "id": number} for number in range(count)][offset : offset + limit]
        return Says(body={"items": items, "paging": {"offset": offset, "limit": limit, "count": count}})

    def grant(self, body: dict[str, str]) -> Says:
        kind = body["grant_type"]
        if kind == "revoke_token":
            self.access = ""
            return Says(body={"message": "OK"})
        if kind == "password" and body["password"] != PASSWORD:
            return Says(400, {"status_code": 400, "message": "Invalid username or password."})
        self.given += 1
        self.access = f"token-{self.given}-word"
        more = {"expires_in": 1800, "token_type": "Bearer", "unknown": True}
        return Says(body={"access_token": self.access, "refresh_token": f"refresh-{self.given}", **more})


def test_fdm_is_asked_page_by_page_and_its_token_revoked() -> None:
    device = Fdm()
    with HttpsServer(device) as server:
        answers = asked_all(opened(server, "cisco_fdm"), "cisco_fdm")
    assert [answer.command.removeprefix("GET /api/fdm/latest/") for answer in answers] == [
        "operational/systeminfo/default",
        "license/smartagentstatuses?limit=200&offset=0",
        "license/smartlicenses?limit=200&offset=0",
        "license/smartlicenses?limit=200&offset=2",
        "devices/default/operational/ha/status/default",
    ]
    assert [body["grant_type"] for body in device.bodies] == ["password", "revoke_token"]
    assert device.bodies[1]["token_to_revoke"] == "token-1-word"


def test_fdm_refreshes_and_refuses() -> None:
    device = Fdm()
    with HttpsServer(device) as server:
        session = opened(server, "cisco_fdm")
        session.open()
        device.access = "expired"
        assert list(session.answers(["GET /api/fdm/latest/license/smartagentstatuses"]))
        session.close()
        assert [body["grant_type"] for body in device.bodies] == ["password", "refresh_token", "revoke_token"]
        told = ending(opened(server, "cisco_fdm", password="wrong"), "cisco_fdm")
    assert (isinstance(told, AuthFailed), "Invalid username" in told.why) == (True, True)


def test_saying_goodbye_never_hangs(fmc: tuple[Fmc, HttpsServer]) -> None:
    manager, server = fmc
    manager.says[f"{AUTH}/revokeaccess"] = Says(raw=lambda _: time.sleep(8))
    session = opened(server)
    session.open()
    began = time.monotonic()
    session.close()
    assert time.monotonic() - began < 3
