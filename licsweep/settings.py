"""Settings of a project: licsweep.toml < environment LICSWEEP_* < flags. No secret is a setting."""

import json
import os
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import field, fields
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote

from licsweep import files
from licsweep.errors import InputError, UsageError, did_you_mean
from licsweep.model import Record
from licsweep.serialization import check_json

FILE_NAME = "licsweep.toml"
MAX_WORKERS, MAX_BYTES = 200, files.MIB
MAX_PORT = 65_535
DEFAULT_SET = "default"
TABLES = (
    "accounts", "alerts", "catalogue", "consequences", "contract", "counting", "courier", "labels", "license_types",
    "limits", "onprem", "pairing", "releases", "reporters", "substitution", "tokens", "waivers",
)  # fmt: skip
"""The files of a project's root, as YAML or JSON, that licsweep reads."""
CREDENTIAL_SOURCES = ("environment", "keyring", "file", "agent", "prompt")
_EXPECTED = {
    int: "a whole number is expected",
    float: "a number is expected",
    str: 'text in quotes is expected, as "..."',
    list: 'a list is expected, as ["environment", "prompt"]',
    dict: "a table is expected",
}


def _setting(default: Any, meaning: str, least: float = 0, most: float = 0) -> Any:
    return field(default=default, metadata={"meaning": meaning, "least": least, "most": most})


class Settings(Record):
    """Every setting with its default, meaning (and unit), least and most value. Paths are relative to the project."""

    database: str = _setting("licsweep.db", "the database: a file, or a URL, see docs/how-to/postgresql.md")
    inventory: str = _setting("inventory", "the folder with hosts.yaml; or a table, see docs/inventory.md")
    certificates: str = _setting(
        "certificates", "the folder with the certificates of a cluster, see docs/how-to/several-collectors.md"
    )
    known_hosts: str = _setting("known_hosts", "the file of host keys, in OpenSSH's format")
    workers: int = _setting(30, "devices at the same time", 1, MAX_WORKERS)
    processes: int = _setting(
        0, "processes that share the devices; 0: one for each core, fewer where one would have under 50 devices", 0, 64
    )
    connect_timeout: float = _setting(10.0, "seconds to connect to a device", 0.1, 600)
    command_timeout: float = _setting(60.0, "seconds for the answer to one command", 0.1, 3600)
    device_deadline: float = _setting(180.0, "seconds for all of one device", 1, 86_400)
    sweep_deadline: float = _setting(0.0, "seconds for the whole sweep; 0: no deadline", 0, 2_592_000)
    retries: int = _setting(1, "repeats of a connection that failed before a password was sent; 0: none", 0, 10)
    retry_backoff: float = _setting(2.0, "seconds before the first repeat, doubled each time; 0: no wait", 0, 600)
    start_jitter: float = _setting(
        0.5, "seconds over which the first connections are spread at random; 0: not spread", 0, 3600
    )
    slow_start: int = _setting(5, "connections at once at first; 0: all at once", 0, MAX_WORKERS)
    max_per_site: int = _setting(20, "devices of a site at the same time; 0: no limit", 0, MAX_WORKERS)
    max_per_aaa_group: int = _setting(0, "devices of an AAA group at the same time; 0: no limit", 0, MAX_WORKERS)
    lockout_after: int = _setting(10, "failed passwords in a row that lock an account; 0: accounts never lock", 0, 1000)
    https_proxy: str = _setting("", "the proxy for HTTPS, as http://HOST:PORT; none of the environment is used")
    type_ahead: str = _setting("", "platforms, with commas, whose commands are sent without waiting for each answer")
    credentials: str = _setting(
        "environment, agent, prompt",
        f"sources of the default credentials, with commas: {', '.join(CREDENTIAL_SOURCES)}; or tables, "
        "see docs/credentials.md",
    )
    credentials_file: str = _setting("", "the file of the source `file`")
    ssh_key: str = _setting("", "the private key to log in with")
    min_coverage: float = _setting(
        98.0, "percent of the hosts that must end ok, else exit code 3; 0: any will do", 0, 100
    )
    stale_hours: int = _setting(
        48, "hours after which what was read from a device is called stale; 0: at once", 0, 876_000
    )
    report_due_days: int = _setting(
        30, "days before a usage report is due at which that is a finding; 0: only when it is late", 0, 3650
    )
    allowed_signers: str = _setting(
        "allowed_signers", "the file of the keys of sites, in OpenSSH's format, see docs/how-to/site-without-a-line.md"
    )
    site_days: int = _setting(
        35, "days after which what came from a site without a line is called old; 0: at once", 0, 3650
    )
    buffer_percent: int = _setting(10, "percent of the licenses in use to keep in reserve; 0: no reserve", 0, 1000)


DEFAULTS: dict[str, Any] = {setting.name: setting.default for setting in fields(Settings)}


class CredentialSet(Record):
    """Where one set of credentials comes from; hosts name it with `data: {credentials: NAME}`.

    `username` counts where no source has one; `key` is a private key; `file` is for the source `file`;
    `lockout_after` is the number of failed passwords in a row that locks its accounts.
    """

    name: str = DEFAULT_SET
    sources: tuple[str, ...] = ("environment",)
    username: str | None = None
    key: Path | None = None
    file: Path | None = None
    lockout_after: int | None = None

    @property
    def variables(self) -> str:
        """What the names of its environment variables begin with."""
        own = "" if self.name == DEFAULT_SET else f"CREDENTIALS_{self.name.upper().replace('-', '_')}_"
        return f"LICSWEEP_{own}"


class EntitlementSource(Record):
    """A table [entitlements.NAME]: a server that `entitlements fetch NAME` asks (docs/how-to/on-prem.md).

    `api` is onprem or cssm, by default the name. `token_url` is where the client's token comes from, `https_ca` the
    file of the authority of both, `https_pin` the SHA-256 of the server's certificate. `proxy` stands in for
    https_proxy ("": none). `server` is the On-Prem server's row of onprem.yaml, by default the only one.
    `smart_account` and `virtual_accounts` are those of CSSM, by default all that the client sees. `deadline`: seconds.
    """

    api: Literal["onprem", "cssm"]
    url: str = ""
    token_url: str = ""
    https_ca: str = ""
    https_pin: str | None = None
    proxy: str | None = None
    credentials: str = DEFAULT_SET
    server: str = ""
    smart_account: str = ""
    virtual_accounts: tuple[str, ...] = ()
    deadline: int = 900


_SET_KEYS = {"from": list, "username": str, "key": str, "file": str, "lockout_after": int}


class Project(Record):
    """A project folder (licsweep.toml, inventory/, the database), its settings and where each came from.

    `inventory` is the source of the inventory and its options, `export` the tables of [export]; `notes` is what the
    person should know.
    """

    folder: Path
    settings: Settings
    sources: Mapping[str, str]
    inventory: Mapping[str, Any]
    credential_sets: Mapping[str, CredentialSet]
    export: Mapping[str, Any] = field(default_factory=dict)
    entitlement_sources: Mapping[str, EntitlementSource] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def known_hosts(self) -> Path:
        return self.path(self.settings.known_hosts)

    def path(self, name: str) -> Path:
        """A file that a setting names, relative to the project."""
        return self.folder / expanded(name)

    def refuse_output(self, named: str | Path, read: Iterable[object] = ()) -> None:
        """Raises UsageError where an output has no name, or would replace or become one of the project's own files.

        So does a file that the same call reads; `read` are all its words.
        """
        if str(named) in ("", "-"):
            why = "without it the output goes to stdout"
            raise UsageError("-o: name a file, or a folder ending with /", why=why)
        output = Path(named)
        database = self.path(self.settings.database.removeprefix("sqlite:///"))
        own = [database, database.with_suffix(".lock"), *(Path(f"{database}{end}") for end in ("-wal", "-shm"))]
        own += [self.known_hosts, self.path(self.settings.allowed_signers)]
        own += [*(self.folder / name for name in (FILE_NAME, "entitlements", "courier/files"))]
        own += [self.path(at) for key, at in self.inventory.items() if key in ("folder", "file", "ca", "ssh_config")]
        own += [self.path(at) for at in (self.export.get("netbox", {}).get("ca"),) if at]
        own += [self.path(one.https_ca) for one in self.entitlement_sources.values() if one.https_ca]
        own += [file for one in self.credential_sets.values() for file in (one.file, one.key) if file]
        words = [os.path.expanduser(one) for one in read if isinstance(one, str | Path)]  # noqa: PTH111 - never raises
        own += [Path(word) for word in words if os.path.isfile(word)]  # noqa: PTH113 - as above
        target, root = output.resolve(), self.folder.resolve()
        # No output is YAML; JSON of a table's name would be read as that table.
        is_table = target.parent == root and (
            target.suffix in (".yaml", ".yml") or (target.suffix == ".json" and target.stem in TABLES)
        )
        if is_table or any(target.is_relative_to(path) for one in own if (path := one.resolve()) != root):
            why = "an output never replaces what a project consists of"
            raise UsageError(f"{output}: a file of the project or of this call", why=why, hint="name another file")

    @property
    def is_set_up(self) -> bool:
        """Whether the folder holds settings or an inventory."""
        return (self.folder / FILE_NAME).is_file() or self.path(self.settings.inventory).is_dir()


def expanded(path: Path | str) -> Path:
    """The path with `~` and `~user` in place of home folders. Raises UsageError."""
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise UsageError(f"{path}: no such user", why="~ stands for a home folder") from error


def load(folder: Path, flags: Mapping[str, Any] | None = None, environment: Mapping[str, str] | None = None) -> Project:
    """The project in `folder`; a flag that is None is not set. Raises InputError or UsageError with the remedy."""
    environment = os.environ if environment is None else environment
    file = folder / FILE_NAME
    given = _parse(file)
    of_tables = ("inventory", "credentials", "export", "entitlements")
    tables = {name: given.pop(name) for name in of_tables if isinstance(given.get(name), dict)}
    found = {name: (value, where(file, name)) for name, value in given.items()}
    for name in (*DEFAULTS, "max_auth_failures"):
        variable = f"LICSWEEP_{name.upper()}"
        if variable in environment:
            value: Any = environment[variable]
            with suppress(ValueError):  # text that is no number is refused for what it is
                value = type(DEFAULTS.get(name, 0))(value)
            found[name] = (value, variable)
    found |= {name: (value, "flag") for name, value in (flags or {}).items() if value is not None}
    if table := tables.get("inventory", {}):
        check(table.get("source", ""), str, key_at(file, "inventory", "source"))
    notes = []
    if "max_auth_failures" in found:  # the name and the meaning of the first releases
        allowed, at = found.pop("max_auth_failures")
        number = check(allowed, int, f"{at}: max_auth_failures", 0, 999)
        found.setdefault("lockout_after", (number and number + 1, at))
        notes.append(f"{at}: max_auth_failures = {number} is read as lockout_after = {found['lockout_after'][0]}")
    settings = Settings(**{name: _checked(name, value, at) for name, (value, at) in found.items()})
    servers = {name: _entitlement_source(file, name, one) for name, one in tables.get("entitlements", {}).items()}
    return Project(
        folder=folder,
        settings=settings,
        sources={name: found[name][1] if name in found else "default" for name in DEFAULTS},
        inventory={"source": "files", "folder": settings.inventory} | ({} if "inventory" in found else table),
        export=checked_table(file, ("export",), tables.get("export", {}), {"netbox": dict}),
        credential_sets=_sets(file, settings, tables.get("credentials", {}), forced="credentials" in found),
        entitlement_sources=servers,
        notes=tuple(notes),
    )


def where(file: Path, *keys: str) -> str:
    """FILE:LINE of a key of a TOML file, or of the table that it would stand in; FILE where there is none yet."""
    if not files.present(file):
        return str(file)
    section: tuple[str, ...] = ()
    line, depth = 1, 0
    for number, text in enumerate(files.read(file, MAX_BYTES).text.splitlines(), 1):
        header = re.match(r"\s*\[([^\[\]]+)\]", text)
        words = (header[1] if header else text.partition("=")[0]).split(".")
        path = tuple(word.strip().strip("\"'") for word in words)
        section, path = (path, path) if header else (section, (*section, *path))
        if path == keys[: len(path)] and len(path) > depth:
            line, depth = number, len(path)
    return f"{file}:{line}"


def key_at(file: Path, *keys: str) -> str:
    """FILE:LINE of a key and the key itself, as messages about it begin."""
    return f"{where(file, *keys)}: {'.'.join(keys)}"


def check(value: Any, kind: type, at: str, least: float = 0, most: float = 0) -> Any:
    """The value, when it is of that kind and, being a number, from `least` to `most`. Raises InputError, UsageError."""
    if kind is float and type(value) is int:
        value = float(value)
    why = "" if type(value) is kind else _EXPECTED[kind]
    if not why and isinstance(value, int | float) and not least <= value <= most:  # nan is in no range
        why = f"{least:,} to {most:,} is expected"
    if why:
        wrong = UsageError if at.startswith(("LICSWEEP_", "flag")) else InputError
        raise wrong(f"{at} = {value!r:.60}", why=why, hint="licsweep config")
    return value


def is_https(address: str, path: str = "") -> bool:
    """Whether it is https://HOST[:PORT], without a user, and behind it a path of this pattern."""
    found = re.fullmatch(
        rf"https://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{{1,5}}))?{path}", address, re.ASCII
    )
    return found is not None and int(found[1] or 0) <= MAX_PORT


def checked_table(
    file: Path, path: tuple[str, ...], given: Mapping[str, Any], known: Mapping[str, type], hint: str = ""
) -> Mapping[str, Any]:
    """A table of licsweep.toml whose keys and their types are known. Raises InputError with file, line and key."""
    for key, value in given.items():
        at = key_at(file, *path, key)
        if key not in known:
            raise InputError(f"{at}: no such key", why=did_you_mean(key, known), hint=hint)
        check(value, known[key], at)
    return given


def refuse_password(url: str, at: str) -> None:
    """Raises UsageError for a URL that holds a password, which is not repeated."""
    written = r"://[^:/]*:[^@]*@|\?.*password\s*="  # as SQLAlchemy takes a URL apart, its parameters unquoted
    if any(re.search(written, text, re.IGNORECASE | re.DOTALL) for text in (url, unquote(url))):
        why = "a secret is never a setting nor an argument; PGPASSFILE and peer are ways without one"
        raise UsageError(f"{at}: a URL with a password", why=why, hint="docs/how-to/postgresql.md")


def listed(text: str) -> list[str]:
    """The words of a setting that is a list with commas."""
    return [word.strip() for word in text.split(",") if word.strip()]


def _parse(file: Path) -> dict[str, Any]:
    if not files.present(file):
        return {}
    try:
        return tomllib.loads(files.read(file, MAX_BYTES).text)
    except (ValueError, RecursionError) as error:  # a number of too many digits; brackets without end
        at = re.search(r"at line (\d+)", str(error))
        raise InputError(
            f"{file}{':' + at[1] if at else ''}: not valid TOML",
            why="name = value is expected, with text in quotes; a name may stand there once",
        ) from error


def _checked(name: str, value: Any, at: str) -> Any:
    setting = next((one for one in fields(Settings) if one.name == name), None)
    if setting is None:
        known = did_you_mean(name, DEFAULTS)
        raise InputError(f"{at}: {name}: no such setting", why=known, hint="licsweep config")
    value = check(value, type(setting.default), f"{at}: {name}", setting.metadata["least"], setting.metadata["most"])
    if name == "lockout_after" and value == 1:
        raise InputError(
            f"{at}: {name} = 1", why="no password could be sent; 0 (never locked) or 2 to 1,000 is expected"
        )
    if name == "https_proxy" and value and not re.fullmatch(r"http://[A-Za-z0-9.:\[\]-]+:[0-9]{1,5}", value):
        raise InputError(f"{at}: {name}: not a proxy", why="http://HOST:PORT is expected, without a user")
    if name == "credentials":
        _known_sources(listed(value), f"{at}: {name}")
    if name == "database":
        refuse_password(value, f"{at}: {name}")
    return value


def _sets(file: Path, settings: Settings, tables: dict[str, Any], *, forced: bool) -> dict[str, CredentialSet]:
    """Every set by name. `forced`: the setting `credentials` was given beside the tables and has the last word."""
    sources = tuple(listed(settings.credentials))
    flat = {"from": sources, "key": settings.ssh_key, "file": settings.credentials_file}
    sets: dict[str, CredentialSet] = {}
    for name, table in ({DEFAULT_SET: {}} | tables).items():
        _check_set(file, name, table)
        given = (flat if name == DEFAULT_SET else {"from": sources}) | table
        one = CredentialSet(
            name=name,
            sources=sources if forced and name == DEFAULT_SET else tuple(given["from"]),
            username=given.get("username"),
            key=file.parent / expanded(given["key"]) if given.get("key") else None,
            file=file.parent / expanded(given["file"]) if given.get("file") else None,
            lockout_after=given.get("lockout_after"),
        )
        if any(one.variables == other.variables for other in sets.values()):
            raise InputError(f"{where(file, 'credentials', name)}: {name}: another set has the same variables")
        sets[name] = one
    return sets


def _check_set(file: Path, name: str, table: Any) -> None:
    if not isinstance(table, dict) or not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        at = key_at(file, "credentials", name)
        raise InputError(f"{at}: not a set", why="tables [credentials.NAME] are expected")
    for key, value in table.items():
        at = key_at(file, "credentials", name, key)
        if key not in _SET_KEYS:
            why = f"{did_you_mean(key, _SET_KEYS)} A secret is never a setting."
            raise InputError(f"{at}: no such key", why=why, hint="docs/credentials.md")
        check(value, _SET_KEYS[key], at, 2, 1000)
        if key == "from":
            _known_sources(value, at)


def _entitlement_source(file: Path, name: str, table: Any) -> EntitlementSource:
    keys = ("entitlements", name)
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name):  # it becomes the name of a folder
        raise InputError(f"{key_at(file, *keys)}: not a name", why="letters, digits, - and _ are expected")
    said = json.dumps({"api": name, **table} if isinstance(table, dict) else table, default=str)
    source: EntitlementSource = check_json(said, EntitlementSource, key_at(file, *keys))
    for key, path in (("url", "/?"), ("token_url", "/[\\w./-]*")):
        address = getattr(source, key)
        if address and not is_https(address, path):
            why = f"https://HOST[:PORT]{'/PATH' * (key != 'url')} is expected, without a user"
            raise InputError(f"{key_at(file, *keys, key)}: no address", why=why)
    check(source.deadline, int, key_at(file, *keys, "deadline"), 1, 86_400)
    if source.proxy:
        _checked("https_proxy", source.proxy, where(file, "entitlements", name, "proxy"))
    return source


def _known_sources(sources: Sequence[Any], at: str) -> None:
    for source in sources:
        if source not in CREDENTIAL_SOURCES:
            why = did_you_mean(str(source), CREDENTIAL_SOURCES)
            raise InputError(f"{at}: no such source: {source}", why=why, hint="docs/credentials.md")
