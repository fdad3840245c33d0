"""Settings: file < environment < flag, each with its source; mistakes name the line or the variable."""

import tomllib
from pathlib import Path

import pytest

from licsweep.errors import InputError, UsageError
from licsweep.jobs.init import settings_text
from licsweep.settings import DEFAULTS, CredentialSet, Project, load

FIRST_RELEASE = Path(__file__).parent / "first_release.toml"


def written(folder: Path, text: str, **environment: str) -> Project:
    (folder / "licsweep.toml").write_text(text)
    return load(folder, environment=environment)


def test_precedence_and_sources(tmp_path: Path) -> None:
    (tmp_path / "licsweep.toml").write_text("workers = 5\nstale_hours = 24\nconnect_timeout = 3\n")
    project = load(tmp_path, {"min_coverage": 98.0, "workers": None}, {"LICSWEEP_WORKERS": "7"})
    assert (project.settings.workers, project.sources["workers"]) == (7, "LICSWEEP_WORKERS")
    assert (project.settings.min_coverage, project.sources["min_coverage"]) == (98.0, "flag")
    assert project.settings.stale_hours == 24
    assert project.settings.connect_timeout == 3.0
    assert project.sources["stale_hours"].endswith("licsweep.toml:2")
    assert project.sources["database"] == "default"


@pytest.mark.parametrize(
    ("text", "what", "why"),
    [
        ("workers = 5\nworker = 6\n", ":2: worker: no such setting", "did you mean workers?"),
        ('workers = "five"\n', ":1: workers = 'five'", "a whole number is expected"),
        ("workers = true\n", ":1: workers = True", "a whole number is expected"),
        ("workers = 1e300\n", ":1: workers = 1e+300", "a whole number is expected"),
        ("\nworkers = 0\n", ":2: workers = 0", "1 to 200 is expected"),
        ("command_timeout = -1\n", ":1: command_timeout = -1.0", "0.1 to 3,600 is expected"),
        ("sweep_deadline = nan\n", ":1: sweep_deadline = nan", "0 to 2,592,000 is expected"),
        ("retry_backoff = inf\n", ":1: retry_backoff = inf", "0 to 600 is expected"),
        ("start_jitter = 1e300\n", ":1: start_jitter = 1e+300", "0 to 3,600 is expected"),
        ("lockout_after = 1\n", ":1: lockout_after = 1", "no password could be sent"),
        ("max_auth_failures = -1\n", ":1: max_auth_failures = -1", "0 to 999 is expected"),
        ("workers =\n", ":1: not valid TOML", "name = value is expected"),
        ("workers = 1\nworkers = 2\n", ":2: not valid TOML", "may stand there once"),
        ('credentials = "environment, vault"\n', ":1: credentials: no such source: vault", "known are: "),
        ('[credentials.emea]\nfrom = ["vault"]\n', ":2: credentials.emea.from: no such source: vault", "known are: "),
        ("[credentials.emea]\nform = []\n", ":2: credentials.emea.form: no such key", "did you mean from?"),
        ('[credentials.emea]\npassword = "x"\n', ":2: credentials.emea.password: no such key", "never a setting"),
        ("[credentials.emea]\nlockout_after = 1\n", ":2: credentials.emea.lockout_after = 1", "2 to 1,000"),
        ("[credentials]\nemea = 1\n", ":2: credentials.emea: not a set", "[credentials.NAME]"),
        ("[credentials.a-b]\n[credentials.a_b]\n", ":2: a_b: another set has the same variables", ""),
        ("[inventory]\nsource = 5\n", ":2: inventory.source = 5", "text in quotes"),
    ],
)
def test_mistakes_in_the_file(tmp_path: Path, text: str, what: str, why: str) -> None:
    with pytest.raises(InputError) as caught:
        written(tmp_path, text)
    assert caught.value.what.startswith(f"{tmp_path / 'licsweep.toml'}{what}")
    assert why in caught.value.why


@pytest.mark.parametrize("text", ["many", "-1", "nan", "inf", "1e300", ""])
@pytest.mark.parametrize("name", [name for name, value in DEFAULTS.items() if not isinstance(value, str)])
def test_mistakes_in_the_environment(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(UsageError, match=f"LICSWEEP_{name.upper()}"):
        load(tmp_path, environment={f"LICSWEEP_{name.upper()}": text})


def test_the_file_of_the_first_release_loads(tmp_path: Path) -> None:
    """As its `licsweep init` wrote it, and with every line taken out of its comment."""
    text = FIRST_RELEASE.read_text()
    assert written(tmp_path, text).settings == load(tmp_path / "none", environment={}).settings
    project = written(tmp_path, text.replace("\n# ", "\n"))
    assert project.settings.lockout_after == 4
    assert project.notes == (f"{tmp_path / 'licsweep.toml'}:17: max_auth_failures = 3 is read as lockout_after = 4",)
    assert project.credential_sets["default"].sources == ("environment", "agent", "prompt")


def test_no_limit_stays_none(tmp_path: Path) -> None:
    assert written(tmp_path, "", LICSWEEP_MAX_AUTH_FAILURES="0").settings.lockout_after == 0


def test_what_init_writes_are_the_defaults() -> None:
    lines = [line.removeprefix("# ") for line in settings_text().splitlines() if " = " in line]
    assert tomllib.loads("\n".join(lines)) == DEFAULTS


def test_paths_know_the_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/reader")
    names = 'inventory = "~/b"\nknown_hosts = "~/c"\n'
    project = written(tmp_path, names + '[credentials.default]\nfile = "~/d"\nkey = "~/e"\n')
    default = project.credential_sets["default"]
    found = (
        project.path(project.inventory["folder"]),
        project.known_hosts,
        default.file,
        default.key,
    )
    assert found == tuple(Path("/home/reader") / name for name in ("b", "c", "d", "e"))


def test_credential_sets(tmp_path: Path) -> None:
    text = '[credentials.emea]\nfrom = ["keyring"]\nusername = "noc"\nkey = "id"\nlockout_after = 5\n'
    sets = written(tmp_path, 'ssh_key = "own"\n' + text).credential_sets
    assert sets == {
        "default": CredentialSet(sources=("environment", "agent", "prompt"), key=tmp_path / "own"),
        "emea": CredentialSet(name="emea", sources=("keyring",), username="noc", key=tmp_path / "id", lockout_after=5),
    }
    text += '[credentials.default]\nfrom = ["file"]\nfile = "f"\n'
    assert written(tmp_path, text).credential_sets["default"].sources == ("file",)
    assert written(tmp_path, text, LICSWEEP_CREDENTIALS="prompt").credential_sets["default"].sources == ("prompt",)


def test_the_inventory_as_a_table(tmp_path: Path) -> None:
    text = '[inventory]\nfolder = "devices"\n'
    assert written(tmp_path, text).inventory == {"source": "files", "folder": "devices"}
    assert written(tmp_path, text, LICSWEEP_INVENTORY="x").inventory["folder"] == "x"
