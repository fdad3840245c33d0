"""Credentials, from the sources that licsweep.toml names, in that order; never from arguments, the inventory or logs.

    environment  LICSWEEP_USERNAME, _PASSWORD, _ENABLE_SECRET, _KEY_PASSPHRASE, _JUMP_USERNAME, _JUMP_PASSWORD
    keyring      the same words in lower case as accounts of the service `licsweep` (keyring set licsweep password)
    file         the same words in a TOML file that only its owner may read
    agent        keys of the SSH agent
    prompt       a question on a terminal

One credential is used: the key of `ssh_key` where one is set, else a password, else the agent.
"""

import getpass
import os
import stat
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from licsweep import serialization
from licsweep.errors import CredentialError, MissingExtra, UsageError

if TYPE_CHECKING:
    import paramiko

WORDS = ("username", "password", "enable_secret", "key_passphrase", "jump_username", "jump_password")
SOURCES = ("environment", "keyring", "file", "agent", "prompt")
_MAX_FILE = 64 * 1024


class Secret:
    """A word that does not show itself: only `reveal()` gives it."""

    __slots__ = ("_word",)

    def __init__(self, word: str) -> None:
        self._word = word

    def reveal(self) -> str:
        """The word itself; for the library that logs in, nowhere else."""
        return self._word

    def __repr__(self) -> str:
        return "Secret(***)"

    def __reduce__(self) -> str:
        raise TypeError("a secret is never pickled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What sessions log in with. `source` says where it came from, for the person who asks."""

    username: str
    password: Secret | None = None
    key: "paramiko.PKey | None" = None
    use_agent: bool = False
    enable_secret: Secret | None = None
    jump_username: str | None = None
    jump_password: Secret | None = None
    source: str

    def for_jump_host(self) -> "Credentials":
        """What jump hosts get: their own password where one is given, else the same."""
        if self.jump_password is None:
            return replace(self, username=self.jump_username or self.username)
        return replace(
            self, username=self.jump_username or self.username, password=self.jump_password, key=None, use_agent=False
        )


def find(
    sources: Sequence[str],
    *,
    file: Path | None = None,
    key: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Credentials:
    """The credential of a run. Raises CredentialError, UsageError (an unknown source), MissingExtra (keyring)."""
    environment = os.environ if environment is None else environment
    words, origin = gather(sources, file=file, environment=environment)
    ask = "prompt" in sources and sys.stdin.isatty() and sys.stderr.isatty()
    agent = "agent" in sources and bool(environment.get("SSH_AUTH_SOCK"))
    username = words.get("username") or (_username() if ask else None)
    loaded = _key(key, words.get("key_passphrase"), ask=ask) if key else None
    password = words.get("password")
    if username and not loaded and not password and not agent and ask:
        password, origin["password"] = getpass.getpass("Password: "), "prompt"
    if not username or not (loaded or password or agent):
        raise CredentialError(
            "no credentials to log in with",
            why=f"looked in: {', '.join(sources)}; found {', '.join(words) or 'nothing'}, and no terminal to ask on",
            hint="export LICSWEEP_USERNAME=... ; read -rs LICSWEEP_PASSWORD ; export LICSWEEP_PASSWORD",
        )
    return Credentials(
        username=username,
        password=Secret(password) if password and not loaded else None,
        key=loaded,
        use_agent=not loaded and not password,
        enable_secret=_secret(words, "enable_secret"),
        jump_username=words.get("jump_username"),
        jump_password=_secret(words, "jump_password"),
        source=f"key {key}" if loaded else origin["password"] if password else "agent",
    )


def gather(
    sources: Sequence[str], *, file: Path | None, environment: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """The words that the sources hold without asking anybody, and the source of each."""
    words: dict[str, str] = {}
    origin: dict[str, str] = {}
    for source in sources:
        if source not in SOURCES:
            raise UsageError(f"credentials: no such source: {source}", why=f"known are: {', '.join(SOURCES)}")
        for word, value in _from(source, file, environment).items():
            if value and word not in words:
                words[word], origin[word] = value, source
    return words, origin


def _from(source: str, file: Path | None, environment: Mapping[str, str]) -> dict[str, str]:
    if source == "environment":
        return {word: environment.get(f"LICSWEEP_{word.upper()}", "") for word in WORDS}
    if source == "keyring":
        return _from_keyring()
    if source == "file":
        return _from_file(file)
    return {}


def _from_keyring() -> dict[str, str]:
    try:
        import keyring
    except ImportError as error:
        raise MissingExtra(
            "credentials: keyring is not installed", why=str(error), hint="pip install 'licsweep[keyring]'"
        ) from error
    return {word: keyring.get_password("licsweep", word) or "" for word in WORDS}


def _from_file(file: Path | None) -> dict[str, str]:
    if file is None:
        raise UsageError("credentials: no file named", hint="set credentials_file in licsweep.toml")
    raw = serialization.read_bounded(file, _MAX_FILE)
    if stat.S_IMODE(file.stat().st_mode) & 0o077:
        raise CredentialError(f"{file}: others may read it", why="it holds secrets", hint=f"chmod 600 {file}")
    try:
        found = tomllib.loads(raw.decode("utf-8", "replace"))
    except tomllib.TOMLDecodeError as error:
        raise CredentialError(f"{file}: not valid TOML", why='word = "value" is expected on each line') from error
    strange = sorted(set(found) - set(WORDS))
    if strange:
        raise CredentialError(f"{file}: {strange[0]}: no such word", why=f"known are: {', '.join(WORDS)}")
    return {word: str(value) for word, value in found.items()}


def _key(path: Path, passphrase: str | None, *, ask: bool) -> "paramiko.PKey":
    import paramiko

    path = path.expanduser()
    if not path.is_file():
        raise CredentialError(f"{path}: no such file", why="ssh_key names it", hint="licsweep config")
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return kind.from_private_key_file(str(path), passphrase)
        except paramiko.PasswordRequiredException:
            break
        except (paramiko.SSHException, ValueError, IndexError):
            continue  # another kind of key, or a wrong passphrase
    else:
        raise CredentialError(
            f"{path}: no usable SSH key",
            why="not Ed25519, ECDSA or RSA" + (", or a wrong passphrase" * bool(passphrase)),
        )
    if ask:
        return _key(path, getpass.getpass(f"Passphrase of {path}: "), ask=False)
    raise CredentialError(
        f"{path}: the key has a passphrase", why="none was found", hint="export LICSWEEP_KEY_PASSPHRASE"
    )


def _username() -> str:
    print("Username: ", end="", file=sys.stderr, flush=True)  # stdout is for data
    return sys.stdin.readline().strip()


def _secret(words: Mapping[str, str], name: str) -> Secret | None:
    return Secret(words[name]) if words.get(name) else None
