"""`entitlements fetch` against servers that answer as the APIs' public clients expect: all pages, or nothing at all."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from licsweep import settings
from licsweep.cli import main
from licsweep.errors import CommandNotAllowed
from licsweep.imports.fetching import Requests, apis
from licsweep.imports.files import LIMITS
from licsweep.simulator.certificates import Authority
from licsweep.store import exists, reading
from licsweep.stored_import import StoredImport
from tests.fakes import licensing_apis as fake
from tests.fakes.https_server import AUTHORITY, Asked, HttpsServer, Says

ONPREM_ACCOUNTS = {
    "servers": [
        {
            "name": "ssm-plant",
            "accounts": [{"local": "Plant 1", "smart_account": "Example Networks", "virtual_account": "Plant"}],
        }
    ]
}
FAULTS = {
    "client refused": "client_id and client_secret",
    "401": "the client is not accepted",
    "403": "may not read it",
    "500": "the server failed",
    "429 for long": "too many requests",
    "redirect": "HTTP 302",
    "says that it failed": "the API says: ERROR, try later",
    "empty token": "the answer holds none",
    "web page": "no whole answer",
    "cut JSON": "no whole answer",
    "cut": "the connection ended before the answer did",
    "drip": "no answer in time",
    "total too high": "rows came, its total is",
    "other keys": "other keys than are known",
    "repeats the token": "repeats the secret or the token",
}
OF_PAGES = {
    "nameless": "one of them has no name",
    "repeats": "a row came twice",
    "lacks": "199 rows came, its total is 200",
    "ends early": "100 rows came, its total is 200",
    "total too low": "200 rows came, its total is 100",
    "total grows": "its total changed",
    "endless": "its total is 1000000000",
}


@pytest.fixture(autouse=True)
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("LICSWEEP_CREDENTIALS_APIS_CLIENT_ID", fake.CLIENT)
    monkeypatch.setenv("LICSWEEP_CREDENTIALS_APIS_CLIENT_SECRET", fake.SECRET)
    fake.OVER.clear()
    yield
    fake.OVER.set()


def project(folder: Path, port: int, api: str, more: str = "") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "ca.pem").write_text(AUTHORITY.pem)
    (folder / "onprem.yaml").write_text(json.dumps(ONPREM_ACCOUNTS))
    url = f"https://127.0.0.1:{port}"
    token = f'token_url = "{url}{fake.CSSM_TOKEN}"\n' if api == "cssm" else ""
    (folder / "licsweep.toml").write_text(
        f'[credentials.apis]\nfrom = ["environment"]\n[entitlements.{api}]\nurl = "{url}"\n'
        f'credentials = "apis"\nhttps_ca = "ca.pem"\n{token}{more}'
    )
    return folder


def run(folder: Path, *arguments: str) -> Result:
    done = CliRunner().invoke(main, ["entitlements", *arguments, "--project", str(folder)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert fake.SECRET not in done.output
    assert fake.TOKEN not in done.output
    return done


def stored(folder: Path) -> list[StoredImport]:
    if not exists(settings.load(folder)):
        return []
    with reading(settings.load(folder)) as store:
        return store.imports()


def rows(folder: Path) -> list[Any]:
    """What the imports of a project state, without the paths of their files."""
    return [
        (
            one.source,
            one.whole,
            [(row.smart_account, row.virtual_account, row.exported_at, _said(row)) for row in one.rows],
        )
        for one in stored(folder)
    ]


def _said(row: Any) -> Any:
    names = ("license", "terms", "cssm_in_use", "sn", "licenses")
    alerts = [(alert.message, alert.severity, alert.source) for alert in getattr(row, "alerts", ())]
    return [getattr(row, name, None) for name in names], alerts


def files_of(folder: Path) -> list[Path]:
    return sorted((folder / "entitlements" / "fetched").glob("*/*.json"))


def test_cssm_is_fetched_whole_and_its_files_say_the_same(tmp_path: Path) -> None:
    with HttpsServer(fake.cssm()) as server:
        here = project(tmp_path / "a", server.port, "cssm")
        done = run(here, "fetch", "cssm")
    assert done.exit_code == 0, done.output
    assert [(one.source, one.whole, len(one.rows)) for one in stored(here)] == [
        ("cssm-licenses", True, fake.LICENSES),
        ("cssm-instances", False, fake.DEVICES),
    ]
    bodies = [json.loads(asked.body) for asked in server.asked if asked.path.endswith("licenses")]
    assert [body["offset"] for body in bodies] == [0, 100, 200], "a full page may have a next one"
    assert all(body["virtualAccounts"] == ["Campus", "Plant"] for body in bodies)
    told_secret = [
        asked.path for asked in server.asked if fake.SECRET in f"{asked.target} {asked.headers} {asked.body!r}"
    ]
    assert told_secret == [fake.CSSM_TOKEN]
    kept = files_of(here)
    first = next(json.loads(path.read_text()) for path in kept if "licenses" in path.name)
    assert first["licenses"] == fake.license_rows()[:100]
    there = tmp_path / "b"
    there.mkdir()
    (there / "licsweep.toml").touch()
    pages = [str(path) for path in kept if "licenses" in path.name or "devices" in path.name]
    at = stored(here)[0].exported_at.isoformat()
    again = run(there, "import", *pages[:2], *pages[3:], "--smart-account", "Example Networks", "--exported-at", at)
    assert again.exit_code == 0, again.output
    assert rows(there) == rows(here)


def test_on_prem_is_fetched_by_local_account_and_its_files_say_the_same(tmp_path: Path) -> None:
    with HttpsServer(fake.onprem()) as server:
        here = project(tmp_path / "a", server.port, "onprem")
        done = run(here, "fetch", "onprem")
    assert done.exit_code == 0, done.output
    assert {(asked.method, asked.path) for asked in server.asked} == {
        ("POST", "/backend/oauth/token"),
        ("POST", "/api/v1/accounts/Plant%201/licenses"),
        ("POST", "/api/v1/accounts/Plant%201/alerts"),
    }
    assert [one.source for one in stored(here)] == ["onprem", "onprem-alerts"]
    assert stored(here)[0].entitlements[0].virtual_account == "Plant"
    there = tmp_path / "b"
    there.mkdir()
    (there / "licsweep.toml").touch()
    at = stored(here)[0].exported_at.isoformat()
    account = ("--smart-account", "Example Networks", "--virtual-account", "Plant")
    assert run(there, "import", *map(str, files_of(here)), *account, "--exported-at", at).exit_code == 0
    assert rows(there) == rows(here)
    assert not any(fake.TOKEN in path.read_text() for path in files_of(here))


@pytest.mark.parametrize(
    ("api", "fault"),
    [("cssm", fault) for fault in (*FAULTS, *OF_PAGES)] + [("onprem", fault) for fault in (*FAULTS, "twice")],
)
def test_a_fault_takes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, api: str, fault: str) -> None:
    respond: Callable[[str], Callable[[Asked], Says]] = getattr(fake, api)
    with HttpsServer(respond(fault)) as server:
        here = project(tmp_path, server.port, api)
        if fault == "drip":
            monkeypatch.setenv("LICSWEEP_COMMAND_TIMEOUT", "0.5")
        done = run(here, "fetch", api)
    assert done.exit_code == 2, done.output
    assert (FAULTS | OF_PAGES | {"twice": "a row came twice"})[fault] in done.output, done.output
    assert stored(here) == []
    assert files_of(here) == []
    assert not list((here / "entitlements" / "fetched").iterdir())


@pytest.mark.parametrize("api", ["cssm", "onprem"])
def test_a_busy_server_is_asked_again_when_it_wants(tmp_path: Path, api: str) -> None:
    with HttpsServer(getattr(fake, api)("429")) as server:
        here = project(tmp_path, server.port, api)
        assert run(here, "fetch", api).exit_code == 0
    assert len(stored(here)) == 2


@pytest.mark.parametrize("api", ["cssm", "onprem"])
def test_nothing_is_sent_to_a_server_with_another_certificate(tmp_path: Path, api: str) -> None:
    with HttpsServer(getattr(fake, api)(), authority=Authority("Another")) as server:
        done = run(project(tmp_path, server.port, api), "fetch", api)
    assert done.exit_code == 2
    assert "certificate is not trusted" in done.output
    assert server.asked == []


def test_rows_without_a_total_end_somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(asked: Asked) -> Says:
        says = fake.cssm("endless")(asked)
        return replace(says, body=says.body.replace("totalRecords", "unknown")) if "offset" in str(asked.body) else says

    monkeypatch.setitem(LIMITS, "rows", 250)
    with HttpsServer(endless) as server:
        done = run(project(tmp_path, server.port, "cssm"), "fetch", "cssm")
    assert "300 rows came" in done.output, done.output


def test_some_virtual_accounts_alone_replace_no_others(tmp_path: Path) -> None:
    with HttpsServer(fake.cssm()) as server:
        here = project(tmp_path, server.port, "cssm", 'virtual_accounts = ["Plant"]\n')
        assert run(here, "fetch", "cssm").exit_code == 0
        assert [(one.whole, one.virtual_accounts) for one in stored(here)] == [(False, ("Plant",))]
        project(tmp_path, server.port, "cssm", 'virtual_accounts = ["Plants"]\n')
        done = run(here, "fetch", "cssm")
        assert "Plants: not there" in done.output
        assert len(stored(here)) == 1


def test_a_dry_run_stores_nothing(tmp_path: Path) -> None:
    with HttpsServer(fake.onprem()) as server:
        here = project(tmp_path, server.port, "onprem")
        done = run(here, "fetch", "onprem", "--dry-run")
    assert "1 entitlement would be imported" in done.output or "would be imported" in done.output
    assert (stored(here), files_of(here)) == ([], [])


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ('[entitlements.onprem]\nurl = "http://ssm.example"\n', "https://HOST[:PORT] is expected"),
        ('[entitlements.onprem]\nurl = "https://user:word@ssm.example"\n', "https://HOST[:PORT] is expected"),
        ('[entitlements.onprem]\nurl = "https://ssm.example:99999"\n', "https://HOST[:PORT] is expected"),
        ('[entitlements.onprem]\nurl = "https://ssm.example"\ndeadline = 0\n', "1 to 86,400 is expected"),
        ('[entitlements.onprem]\nadress = "x"\n', "adress"),
        ('[entitlements.plant]\nurl = "https://ssm.example"\n', "entitlements.plant: api"),
        ("[entitlements.onprem]\n", "entitlements.onprem.url"),
        ('[entitlements.onprem]\nurl = "https://ssm.example"\ncredentials = "none"\n', "credentials: is missing"),
        ('[entitlements.onprem]\nurl = "https://ssm.example"\n', "no client_id and no client_secret"),
        ('[entitlements."../x"]\napi = "onprem"\n', "letters, digits, - and _ are expected"),
        ("", "onprem: no such source"),
    ],
)
def test_settings_that_are_wrong_say_so(tmp_path: Path, table: str, words: str) -> None:
    (tmp_path / "licsweep.toml").write_text('credentials = "environment"\n' + table)
    done = run(tmp_path, "fetch", "onprem")
    assert done.exit_code == 2
    assert words in done.output, done.output
    assert not (tmp_path / "entitlements").exists()


V1 = "/services/api/smart-accounts-and-licensing/v1/accounts"


@pytest.mark.parametrize(
    ("api", "method", "target", "allowed"),
    [
        ("cssm", "POST", f"{V1}/example.net/licenses", True),
        ("cssm", "POST", f"{V1}/example.net/devices", True),
        ("cssm", "GET", f"{V1}/example.net/licenses", False),
        ("cssm", "POST", f"{V1}/example.net/devices/remove", False),
        ("cssm", "POST", f"{V1}/example.net/virtual-accounts/Campus/licenses/transfer", False),
        ("cssm", "POST", f"{V1}/../licenses", False),
        ("cssm", "POST", f"{V1}/example.net/licenses?x=1", False),
        ("onprem", "POST", "/api/v1/accounts/Plant%201/alerts", True),
        ("onprem", "POST", "/api/v1/accounts/Plant 1/alerts", False),
        ("onprem", "DELETE", "/api/v1/accounts/Plant/alerts", False),
    ],
)
def test_what_may_be_asked(api: str, method: str, target: str, allowed: bool) -> None:
    asked = Requests(apis()[api].requests.values())
    if allowed:
        asked.check(method, target)
        return
    with pytest.raises(CommandNotAllowed):
        asked.check(method, target)
