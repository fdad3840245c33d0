"""Credentials come from the environment or a terminal, and never show themselves."""

import copy
import json
import pickle
from collections.abc import Iterator
from pathlib import Path

import keyring
import paramiko
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring

from licsweep.access.login import Login
from licsweep.errors import CredentialError
from licsweep.estate import credentials, inventory
from licsweep.estate.credentials import Secret
from licsweep.estate.selection import Selection, select
from licsweep.settings import CredentialSet, Project, load
from licsweep.sweep import plan
from tests.cli.conftest import licsweep

WORD = "tr0ub4dor"


ENVIRONMENT = {"LICSWEEP_USERNAME": "reader", "LICSWEEP_PASSWORD": WORD}


def test_from_the_environment() -> None:
    found = credentials.find(
        CredentialSet(
            sources=(
                "environment",
                "agent",
                "prompt",
            )
        ),
        environment=ENVIRONMENT,
    )
    assert (found.username, found.source, found.use_agent) == ("reader", "environment", False)
    assert found.password is not None
    assert found.password.reveal() == WORD
    assert WORD not in repr(found)
    assert WORD not in str(found)


def test_the_agent_needs_a_user_name_only() -> None:
    found = credentials.find(
        CredentialSet(
            sources=(
                "environment",
                "agent",
            )
        ),
        environment={"LICSWEEP_USERNAME": "reader", "SSH_AUTH_SOCK": "/nowhere"},
    )
    assert (found.password, found.use_agent, found.source) == (None, True, "agent")


def test_the_first_source_wins_and_a_file_fills_the_rest(tmp_path: Path) -> None:
    file = tmp_path / "credentials.toml"
    file.write_text('password = "other"\nenable_secret = "up"\n')
    file.chmod(0o600)
    found = credentials.find(
        CredentialSet(
            sources=(
                "environment",
                "file",
            ),
            file=file,
        ),
        environment=ENVIRONMENT,
    )
    assert found.password is not None
    assert found.password.reveal() == WORD
    assert found.enable_secret is not None
    assert found.enable_secret.reveal() == "up"


@pytest.mark.parametrize(
    ("content", "mode", "told"),
    [
        ('password = "x"', 0o644, "others may read it"),
        ("password = ", 0o600, "not valid TOML"),
        ('passwort = "x"', 0o600, "no such word"),
    ],
)
def test_a_bad_file_is_refused_without_its_words(tmp_path: Path, content: str, mode: int, told: str) -> None:
    file = tmp_path / "credentials.toml"
    file.write_text(content)
    file.chmod(mode)
    with pytest.raises(CredentialError, match=told):
        credentials.find(CredentialSet(sources=("file",), file=file), environment={})


@pytest.mark.parametrize("passphrase", [None, WORD])
def test_a_key_comes_before_a_password(tmp_path: Path, passphrase: str | None) -> None:
    path = tmp_path / "id"
    paramiko.ECDSAKey.generate().write_private_key_file(str(path), passphrase)
    words = ENVIRONMENT | ({"LICSWEEP_KEY_PASSPHRASE": passphrase} if passphrase else {})
    found = credentials.find(CredentialSet(sources=("environment",), key=path), environment=words)
    assert found.key is not None
    assert found.password is None
    assert found.source == f"key {path}"


def test_a_locked_key_says_what_it_needs(tmp_path: Path) -> None:
    path = tmp_path / "id"
    paramiko.ECDSAKey.generate().write_private_key_file(str(path), WORD)
    with pytest.raises(CredentialError, match="passphrase"):
        credentials.find(CredentialSet(sources=("environment",), key=path), environment=ENVIRONMENT)
    with pytest.raises(CredentialError, match="no usable"):
        credentials.find(
            CredentialSet(sources=("environment",), key=path),
            environment=ENVIRONMENT | {"LICSWEEP_KEY_PASSPHRASE": "wrong"},
        )
    path.write_text("no key")
    with pytest.raises(CredentialError, match="no usable"):
        credentials.find(CredentialSet(sources=("environment",), key=path), environment=ENVIRONMENT)


def test_jump_hosts_get_their_own_password(tmp_path: Path) -> None:
    own = ENVIRONMENT | {"LICSWEEP_JUMP_USERNAME": "hopper", "LICSWEEP_JUMP_PASSWORD": "hop"}
    passed = credentials.find(CredentialSet(sources=("environment",)), environment=own).for_jump_host()
    assert passed.username == "hopper"
    assert passed.password is not None
    assert passed.password.reveal() == "hop"
    same = credentials.find(CredentialSet(sources=("environment",)), environment=ENVIRONMENT).for_jump_host()
    assert same.password is not None
    assert same.password.reveal() == WORD


@pytest.fixture
def keyring_words() -> Iterator[dict[tuple[str, str], str]]:
    """A keyring in memory: service and account -> word."""
    words: dict[tuple[str, str], str] = {}

    class InMemory(KeyringBackend):
        priority = 1  # type: ignore[assignment]

        def get_password(self, service: str, username: str) -> str | None:
            return words.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None: ...

        def delete_password(self, service: str, username: str) -> None: ...

    before = keyring.get_keyring()
    keyring.set_keyring(InMemory())
    yield words
    keyring.set_keyring(before)


def test_the_keyring_is_asked(keyring_words: dict[tuple[str, str], str]) -> None:
    keyring_words["licsweep", "username"], keyring_words["licsweep", "password"] = "reader", WORD
    keyring_words["licsweep/emea", "username"] = "noc"
    found = credentials.find(CredentialSet(sources=("keyring",)), environment={})
    assert (found.username, found.source) == ("reader", "keyring")
    with pytest.raises(CredentialError, match="credential set emea"):
        credentials.find(CredentialSet(name="emea", sources=("keyring",)), environment={})


def test_nothing_and_no_terminal() -> None:
    with pytest.raises(CredentialError) as caught:
        credentials.find(
            CredentialSet(
                sources=(
                    "environment",
                    "agent",
                    "prompt",
                )
            ),
            environment={},
        )
    assert "LICSWEEP_PASSWORD" in caught.value.hint


@pytest.mark.parametrize(
    "holder",
    [
        Secret(WORD),
        credentials.Credentials(username="reader", password=Secret(WORD), source="environment"),
        Login(address="192.0.2.1", port=22, username="reader", password=WORD),
    ],
)
def test_nothing_that_holds_a_secret_is_pickled(holder: object) -> None:
    """A mistake can't send one to another process or machine."""
    with pytest.raises(TypeError, match="never pickled"):
        pickle.dumps([holder])
    with pytest.raises(TypeError, match="never pickled"):
        copy.deepcopy(holder)


SETS = """[credentials.emea]
from = ["environment", "keyring"]
username = "noc"
[credentials.apac]
from = ["file"]
file = "apac.toml"
[credentials.jump]
from = ["environment"]
"""
HOSTS = """ber-01: {platform: cisco_xe, groups: [emea], data: {jump: [bastion-1, bastion-2]}}
tok-01: {platform: cisco_xe, data: {credentials: apac}}
par-01: {platform: cisco_xe, username: local}
bastion-1: {data: {jump_host: true}}
bastion-2: {data: {jump_host: true, credentials: jump}}
"""
WORDS = {
    "LICSWEEP_PASSWORD": "canary-0",
    "LICSWEEP_JUMP_USERNAME": "hopper",
    "LICSWEEP_JUMP_PASSWORD": "canary-1",
    "LICSWEEP_CREDENTIALS_EMEA_PASSWORD": "canary-2",
    "LICSWEEP_CREDENTIALS_EMEA_ENABLE_SECRET": "canary-3",
    "LICSWEEP_CREDENTIALS_JUMP_USERNAME": "second",
    "LICSWEEP_CREDENTIALS_JUMP_PASSWORD": "canary-4",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Three sets of credentials and two jump hosts; the words are in the environment, and for apac in a file."""
    (tmp_path / "licsweep.toml").write_text(SETS)
    (tmp_path / "inventory").mkdir()
    (tmp_path / "inventory" / "hosts.yaml").write_text(HOSTS)
    (tmp_path / "inventory" / "groups.yaml").write_text("emea: {data: {credentials: emea}}\n")
    (tmp_path / "apac.toml").write_text('username = "tokyo"\npassword = "canary-5"\ntoken = "canary-6"\n')
    (tmp_path / "apac.toml").chmod(0o600)
    for name, word in WORDS.items():
        monkeypatch.setenv(name, word)
    return load(tmp_path)


def logins(project: Project) -> dict[str, list[tuple[str, str | None]]]:
    """User and password of each host, and before it those of its jump hosts."""
    whole = inventory.load(project)
    targets = select(whole, Selection())
    found = credentials.find_all(project, whole, targets)
    assert "canary" not in repr(found)
    made = {target.name: plan.login_to(project, target, found, whole.hops(target)) for target in targets}
    assert "canary" not in repr(made)
    return {name: [(one.username, one.password) for one in (*login.jumps, login)] for name, login in made.items()}


def test_each_host_logs_in_with_its_set(project: Project, keyring_words: dict[tuple[str, str], str]) -> None:
    assert logins(project) == {
        "ber-01": [("hopper", "canary-1"), ("second", "canary-4"), ("noc", "canary-2")],
        "tok-01": [("tokyo", "canary-5")],
        "par-01": [("local", "canary-0")],
    }
    keyring_words["licsweep/emea", "username"] = "kept"
    assert logins(project)["ber-01"][-1] == ("kept", "canary-2")


def test_no_keyring_is_told(project: Project, keyring_words: dict[tuple[str, str], str]) -> None:
    assert keyring_words == {}
    keyring.set_keyring(NoKeyring())  # type: ignore[no-untyped-call]
    with pytest.raises(CredentialError, match="credential set emea: the keyring can't be read"):
        logins(project)


def test_a_set_without_words_is_named(
    project: Project, keyring_words: dict[tuple[str, str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LICSWEEP_CREDENTIALS_JUMP_PASSWORD")
    with pytest.raises(CredentialError, match="credential set jump") as caught:
        logins(project)
    assert "export LICSWEEP_CREDENTIALS_JUMP_PASSWORD" in caught.value.hint


def test_jump_words_alone_are_enough_for_jump_hosts(
    project: Project, keyring_words: dict[tuple[str, str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LICSWEEP_PASSWORD")
    whole = inventory.load(project)
    found = credentials.find_all(project, whole, select(whole, Selection(limit=("ber-01",))))
    assert sorted(found) == ["default", "emea", "jump"]
    with pytest.raises(CredentialError, match="credential set default"):
        credentials.find_all(project, whole, select(whole, Selection(limit=("par-01",))))


def test_a_prompt_asks_once_for_each_set(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    (project.folder / "licsweep.toml").write_text("[credentials.emea]\n[credentials.apac]\n[credentials.jump]\n")
    for name in WORDS:
        monkeypatch.delenv(name)
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    monkeypatch.setattr(credentials.sys.stdin, "isatty", lambda: True)  # type: ignore[attr-defined]
    monkeypatch.setattr(credentials.sys.stderr, "isatty", lambda: True)  # type: ignore[attr-defined]
    monkeypatch.setattr(credentials, "_ask_username", lambda name: f"user of {name}")
    monkeypatch.setattr(credentials.getpass, "getpass", lambda prompt: asked.append(prompt) or "typed")  # type: ignore[attr-defined]
    assert logins(load(project.folder))["ber-01"] == [
        ("user of default", "typed"),
        ("user of jump", "typed"),
        ("user of emea", "typed"),
    ]
    assert asked == [f"Password, credential set {name}: " for name in ("apac", "default", "emea", "jump")]


def test_an_unanswered_prompt_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(_: str) -> str:
        raise EOFError

    monkeypatch.setattr(credentials.sys.stdin, "isatty", lambda: True)  # type: ignore[attr-defined]
    monkeypatch.setattr(credentials.sys.stderr, "isatty", lambda: True)  # type: ignore[attr-defined]
    monkeypatch.setattr(credentials.getpass, "getpass", closed)  # type: ignore[attr-defined]
    with pytest.raises(CredentialError) as caught:
        credentials.find(CredentialSet(sources=("environment", "prompt")), environment={"LICSWEEP_USERNAME": "reader"})
    assert caught.value.why == "nothing was typed"


def test_what_is_shown_of_sets_is_no_secret(project: Project) -> None:
    (project.folder / "licsweep.toml").write_text(SETS.replace(', "keyring"', ""))
    config = licsweep("config", "--project", project.folder, **WORDS)
    plan = licsweep("sweep", "--dry-run", "--project", project.folder, "--format", "json", **WORDS)
    assert "canary" not in config.out + config.err + plan.out + plan.err
    assert "credentials.emea" in config.out
    rows = {row["hostname"]: row for row in json.loads(plan.out)["data"]}
    assert {name: (row["username"], row["credential"]) for name, row in rows.items()} == {
        "ber-01": ("noc", "emea: environment"),
        "tok-01": ("tokyo", "apac: file"),
        "par-01": ("local", "default: environment"),
    }
