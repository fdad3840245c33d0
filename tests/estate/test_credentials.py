"""Credentials come from the environment or a terminal, and never show themselves."""

import pickle
from pathlib import Path

import paramiko
import pytest

from licsweep.errors import CredentialError, UsageError
from licsweep.estate import credentials
from licsweep.estate.credentials import Secret

WORD = "tr0ub4dor"


ENVIRONMENT = {"LICSWEEP_USERNAME": "reader", "LICSWEEP_PASSWORD": WORD}


def test_from_the_environment() -> None:
    found = credentials.find(["environment", "agent", "prompt"], environment=ENVIRONMENT)
    assert (found.username, found.source, found.use_agent) == ("reader", "environment", False)
    assert found.password is not None
    assert found.password.reveal() == WORD
    assert WORD not in repr(found)
    assert WORD not in str(found)


def test_the_agent_needs_a_user_name_only() -> None:
    found = credentials.find(
        ["environment", "agent"], environment={"LICSWEEP_USERNAME": "reader", "SSH_AUTH_SOCK": "/nowhere"}
    )
    assert (found.password, found.use_agent, found.source) == (None, True, "agent")


def test_the_first_source_wins_and_a_file_fills_the_rest(tmp_path: Path) -> None:
    file = tmp_path / "credentials.toml"
    file.write_text('password = "other"\nenable_secret = "up"\n')
    file.chmod(0o600)
    found = credentials.find(["environment", "file"], file=file, environment=ENVIRONMENT)
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
        credentials.find(["file"], file=file, environment={})


@pytest.mark.parametrize("passphrase", [None, WORD])
def test_a_key_comes_before_a_password(tmp_path: Path, passphrase: str | None) -> None:
    path = tmp_path / "id"
    paramiko.ECDSAKey.generate().write_private_key_file(str(path), passphrase)
    words = ENVIRONMENT | ({"LICSWEEP_KEY_PASSPHRASE": passphrase} if passphrase else {})
    found = credentials.find(["environment"], key=path, environment=words)
    assert found.key is not None
    assert found.password is None
    assert found.source == f"key {path}"


def test_a_locked_key_says_what_it_needs(tmp_path: Path) -> None:
    path = tmp_path / "id"
    paramiko.ECDSAKey.generate().write_private_key_file(str(path), WORD)
    with pytest.raises(CredentialError, match="passphrase"):
        credentials.find(["environment"], key=path, environment=ENVIRONMENT)
    with pytest.raises(CredentialError, match="no usable"):
        credentials.find(["environment"], key=path, environment=ENVIRONMENT | {"LICSWEEP_KEY_PASSPHRASE": "wrong"})
    path.write_text("no key")
    with pytest.raises(CredentialError, match="no usable"):
        credentials.find(["environment"], key=path, environment=ENVIRONMENT)


def test_jump_hosts_get_their_own_password(tmp_path: Path) -> None:
    own = ENVIRONMENT | {"LICSWEEP_JUMP_USERNAME": "hopper", "LICSWEEP_JUMP_PASSWORD": "hop"}
    passed = credentials.find(["environment"], environment=own).for_jump_host()
    assert passed.username == "hopper"
    assert passed.password is not None
    assert passed.password.reveal() == "hop"
    same = credentials.find(["environment"], environment=ENVIRONMENT).for_jump_host()
    assert same.password is not None
    assert same.password.reveal() == WORD


def test_the_keyring_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring
    from keyring.backend import KeyringBackend

    class InMemory(KeyringBackend):
        priority = 1  # type: ignore[assignment]

        def get_password(self, service: str, username: str) -> str | None:
            return {("licsweep", "username"): "reader", ("licsweep", "password"): WORD}.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None: ...

        def delete_password(self, service: str, username: str) -> None: ...

    before = keyring.get_keyring()
    keyring.set_keyring(InMemory())
    try:
        found = credentials.find(["keyring"], environment={})
    finally:
        keyring.set_keyring(before)
    assert (found.username, found.source) == ("reader", "keyring")


def test_nothing_and_no_terminal() -> None:
    with pytest.raises(CredentialError) as caught:
        credentials.find(["environment", "agent", "prompt"], environment={})
    assert "LICSWEEP_PASSWORD" in caught.value.hint


def test_an_unknown_source_is_named() -> None:
    with pytest.raises(UsageError, match="vault"):
        credentials.find(["vault"], environment={})


def test_a_secret_is_not_pickled() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(Secret(WORD))
