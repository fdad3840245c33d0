"""Credentials, in named sets, from the sources that licsweep.toml names; never from arguments, the inventory or logs.

    environment  LICSWEEP_USERNAME, LICSWEEP_PASSWORD, ... for the set `default`, LICSWEEP_CREDENTIALS_EMEA_PASSWORD
                 for the set `emea`
    keyring      the words as accounts of the service `licsweep` or `licsweep/emea` (keyring set licsweep password)
    file         the words in a TOML file that only its owner may read
    agent        keys of the SSH agent
    prompt       a question on a terminal, once for each set

One credential of a set is used: its key where one is set, else a password, else the agent.
"""

import getpass
import io
import os
import sys
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from licsweep import files
from licsweep.clean_text import shell_word
from licsweep.errors import CredentialError, LicsweepError, UsageError, did_you_mean, optional
from licsweep.estate.inventory import Inventory, Target
from licsweep.not_pickled import NotPickled
from licsweep.settings import DEFAULT_SET, CredentialSet, Project

if TYPE_CHECKING:
    import paramiko

WORDS = ("username", "password", "enable_secret", "key_passphrase", "token", "client_id", "client_secret")
JUMP_WORDS = ("jump_username", "jump_password")
"""Of the set `default`: for jump hosts whose entry names no set."""
_SECRETS = tuple(word for word in (*WORDS, *JUMP_WORDS) if word not in ("username", "client_id", "jump_username"))
_MAX_FILE = 64 * 1024


class Secret(NotPickled):
    """A word that does not show itself: only `reveal()` gives it."""

    __slots__ = ("_word",)

    def __init__(self, word: str) -> None:
        self._word = word

    def reveal(self) -> str:
        """The word itself; for the library that logs in, nowhere else."""
        return self._word

    def __repr__(self) -> str:
        return "Secret(***)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials(NotPickled):
    """What sessions log in with, one set's. `username` is empty where the inventory names one for every host;
    `source` says where the password, key or token came from."""

    username: str
    password: Secret | None = None
    key: "paramiko.PKey | None" = None
    use_agent: bool = False
    enable_secret: Secret | None = None
    token: Secret | None = None
    client_id: str | None = None
    client_secret: Secret | None = None
    jump_username: str | None = None
    jump_password: Secret | None = None
    key_passphrase: Secret | None = None
    source: str

    def secrets(self) -> Iterator[str]:
        """The words of this set that no stored text may hold."""
        yield from (word.reveal() for name in _SECRETS if (word := getattr(self, name)))

    def for_jump_host(self) -> "Credentials":
        """What jump hosts get: their own password where one is given, else the same."""
        username = self.jump_username or self.username
        if self.jump_password is None:
            return replace(self, username=username)
        return replace(self, username=username, password=self.jump_password, key=None, use_agent=False)


def find_all(project: Project, inventory: Inventory, targets: Iterable[Target]) -> dict[str, Credentials]:
    """The credentials of every set that the targets and their jump hosts use, by its name; a prompt asks once a set.

    Raises CredentialError, MissingExtra, InventoryError.
    """
    found = users(inventory, targets)
    return {name: find(project.credential_sets[name], of) for name, of in found.items()}


def users(inventory: Inventory, targets: Iterable[Target]) -> dict[str, list[Target]]:
    """By credential set the targets and jump hosts that use it. Raises InventoryError."""
    found: dict[str, dict[str, Target]] = {}
    for target in targets:
        for one in (target, *inventory.hops(target)):
            for name in one.ways().values():
                found.setdefault(name, {})[one.name] = one
    return {name: list(found[name].values()) for name in sorted(found)}


def find(
    wanted: CredentialSet, users: Collection[Target] = (), *, environment: Mapping[str, str] | None = None
) -> Credentials:
    """The credentials of a set, for the hosts that use it. Raises CredentialError, MissingExtra (keyring)."""
    environment = os.environ if environment is None else environment
    words, origin = _gather(wanted, environment)
    if users and all(one.is_jump_host for one in users):
        words |= {word: words[f"jump_{word}"] for word in ("username", "password") if f"jump_{word}" in words}
    named = users and all(one.username or (one.is_jump_host and "jump_username" in words) for one in users)
    ask = "prompt" in wanted.sources and sys.stdin.isatty() and sys.stderr.isatty()
    agent = "agent" in origin
    is_token = "token" in words or "client_secret" in words
    username = words.get("username") or (_ask_username(wanted.name) if ask and not named and not is_token else "")
    key = _key(wanted, words.get("key_passphrase"), ask=ask) if wanted.key else None
    if key:
        words.pop("password", None)
    elif ask and not (agent or is_token or "password" in words):
        words["password"], origin["password"] = _ask_secret("Password", wanted), "prompt"
    prefix = wanted.variables
    if not is_token and (not (username or named) or not (key or agent or "password" in words)):
        raise CredentialError(
            f"no credentials to log in with: {_set(wanted)}",
            why=f"looked in: {', '.join(wanted.sources)}; found {', '.join(words) or 'nothing'}; no terminal to ask on",
            hint=f"export {prefix}USERNAME=... ; read -rs {prefix}PASSWORD ; export {prefix}PASSWORD",
        )
    given: dict[str, Any] = {word: Secret(text) if word in _SECRETS else text for word, text in words.items()}
    given |= {"username": username, "source": _source_of(wanted, origin)}
    return Credentials(key=key, use_agent=agent and not key and "password" not in words, **given)


def client_of(wanted: CredentialSet) -> tuple[str, Secret]:
    """The client_id and the client_secret that a set's sources hold; nobody is asked. Raises CredentialError."""
    words, _ = _gather(wanted, os.environ)
    if missing := [word for word in ("client_id", "client_secret") if word not in words]:
        prefix = wanted.variables
        raise CredentialError(
            f"{_set(wanted)}: no {' and no '.join(missing)}",
            why=f"looked in: {', '.join(wanted.sources)}",
            hint=f"export {prefix}CLIENT_ID=... ; read -rs {prefix}CLIENT_SECRET ; export {prefix}CLIENT_SECRET",
        )
    return words["client_id"], Secret(words["client_secret"])


def known_login(wanted: CredentialSet) -> tuple[str | None, str]:
    """The user name that a set's sources hold, and where its credential comes from; nobody is asked."""
    words, origin = _gather(wanted, os.environ)
    return words.get("username"), _source_of(wanted, origin)


def token_of(wanted: CredentialSet) -> Secret:
    """The word `token` of a set, for an API. Raises CredentialError, MissingExtra (keyring)."""
    words, _ = _gather(wanted, os.environ)
    if "token" not in words and "prompt" in wanted.sources and sys.stdin.isatty() and sys.stderr.isatty():
        words["token"] = _ask_secret("Token", wanted)
    if "token" not in words:
        why, name = f"looked in: {', '.join(wanted.sources)}", f"{wanted.variables}TOKEN"
        raise CredentialError(f"no token: {_set(wanted)}", why=why, hint=f"read -rs {name} ; export {name}")
    return Secret(words["token"])


def _gather(wanted: CredentialSet, environment: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The words that a set's sources hold without asking anybody, and the source of each (and of an agent's keys)."""
    words: dict[str, str] = {}
    origin: dict[str, str] = {}
    for source in wanted.sources:
        found: dict[str, str] = {}
        match source:
            case "environment":
                found = {word: environment.get(f"{wanted.variables}{word.upper()}", "") for word in words_of(wanted)}
            case "keyring":
                found = _from_keyring(wanted)
            case "file":
                found = _from_file(wanted, environment.get("CREDENTIALS_DIRECTORY"))
            case "agent" if environment.get("SSH_AUTH_SOCK"):
                origin["agent"] = "agent"
        for word, value in found.items():
            if value and word not in words:
                words[word], origin[word] = value, source
    if wanted.username and "username" not in words:
        words["username"], origin["username"] = wanted.username, "licsweep.toml"
    return words, origin


def secrets_of_environment() -> tuple[str, ...]:
    """The secret words of all sets that the environment holds, for work on texts that needs no credentials."""
    ends = tuple(word.upper() for word in _SECRETS)
    return tuple(value for name, value in os.environ.items() if name.startswith("LICSWEEP_") and name.endswith(ends))


def secrets_at_hand(project: Project) -> tuple[str, ...]:
    """The secret words of all sets that can be found without asking; a source that can't be read gives none."""
    found = list(secrets_of_environment())
    for one in project.credential_sets.values():
        with suppress(LicsweepError):
            words, _ = _gather(one, os.environ)
            found += [words[name] for name in _SECRETS if name in words]
    return tuple(found)


def _source_of(wanted: CredentialSet, origin: Mapping[str, str]) -> str:
    """Where the credential that is used comes from, in words for a person, given the source of each word found."""
    if wanted.key:
        return f"key {wanted.key}"
    return next((origin[word] for word in ("password", "token", "client_secret", "agent") if word in origin), "prompt")


def _set(wanted: CredentialSet) -> str:
    return f"credential set {wanted.name}"


def words_of(wanted: CredentialSet) -> tuple[str, ...]:
    """The words that a set may have."""
    return (*WORDS, *JUMP_WORDS) if wanted.name == DEFAULT_SET else WORDS


def _from_keyring(wanted: CredentialSet) -> dict[str, str]:
    with optional(f"{_set(wanted)}: the keyring can't be read", "keyring"):
        import keyring
        from keyring.errors import KeyringError

    service = "licsweep" if wanted.name == DEFAULT_SET else f"licsweep/{wanted.name}"
    try:
        return {word: keyring.get_password(service, word) or "" for word in words_of(wanted)}
    except KeyringError as error:
        why, hint = "this machine has no keyring that can be opened", "use the source `environment` or `file`"
        raise CredentialError(f"{_set(wanted)}: the keyring can't be read", why=why, hint=hint) from error


def _from_file(wanted: CredentialSet, of_service: str | None) -> dict[str, str]:
    """The words of the set's file. `of_service`: the folder in which systemd puts credentials for this process alone.

    There it lets the service's user read by an access list, whose mask shows as the group's bits (systemd's
    exec-credential.c: mode 0400, then fd_add_uid_acl_permission).
    """
    file = wanted.file
    if file is None:
        hint = "set credentials_file" if wanted.name == DEFAULT_SET else f"set file in [credentials.{wanted.name}]"
        raise UsageError(f"{_set(wanted)}: no file is named", why="`file` is one of its sources", hint=hint)
    content = files.read(file, _MAX_FILE)
    given = of_service and file.resolve().is_relative_to(Path(of_service).resolve())
    if content.mode & (0o007 if given else 0o077):
        raise CredentialError(
            f"{file}: others may read it", why="it holds secrets", hint=f"chmod 600 {shell_word(file)}"
        )
    try:
        found = tomllib.loads(content.text)
    except tomllib.TOMLDecodeError:  # is not kept: it may hold what the file says
        raise CredentialError(f"{file}: not valid TOML", why='word = "value" is expected on each line') from None
    strange = sorted(set(found) - set(words_of(wanted)))
    if strange:
        raise CredentialError(f"{file}: {strange[0]}: no such word", why=did_you_mean(strange[0], words_of(wanted)))
    return {word: str(value) for word, value in found.items()}


def _key(wanted: CredentialSet, passphrase: str | None, *, ask: bool) -> "paramiko.PKey":
    import paramiko

    path = wanted.key or Path()
    if not files.present(path):
        raise CredentialError(f"{path}: no such file", why=f"{_set(wanted)} names it", hint="licsweep config")
    text = files.read(path, _MAX_FILE).text
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return kind.from_private_key(io.StringIO(text), passphrase)
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
        return _key(wanted, _ask_secret(f"Passphrase of {path}", wanted), ask=False)
    hint = f"export {wanted.variables}KEY_PASSPHRASE"
    raise CredentialError(f"{path}: the key has a passphrase", why="none was found", hint=hint)


def _ask_username(name: str) -> str:
    print(f"Username, credential set {name}: ", end="", file=sys.stderr, flush=True)  # stdout is for data
    return sys.stdin.readline().strip()


def _ask_secret(what: str, wanted: CredentialSet) -> str:
    try:
        return getpass.getpass(f"{what}, {_set(wanted)}: ")
    except EOFError as error:
        raise CredentialError(f"no credentials to log in with: {_set(wanted)}", why="nothing was typed") from error
