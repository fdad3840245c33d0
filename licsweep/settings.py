"""Settings of a project: licsweep.toml < environment LICSWEEP_* < flags. No secret is a setting."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from licsweep.errors import InputError, UsageError

FILE_NAME = "licsweep.toml"
MAX_WORKERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting with its default. Paths are relative to the project; times are seconds unless the name says.

    0 means none for `sweep_deadline`, `slow_start`, `max_per_site`, `max_per_aaa_group`, `max_auth_failures`;
    `type_ahead` and `credentials` are lists with commas (platforms; sources in their order).
    """

    database: str = "licsweep.db"
    inventory: str = "inventory"
    known_hosts: str = "known_hosts"
    workers: int = 30
    connect_timeout: float = 10.0
    command_timeout: float = 60.0
    device_deadline: float = 180.0
    sweep_deadline: float = 0.0
    retries: int = 1
    retry_backoff: float = 2.0
    start_jitter: float = 0.5
    slow_start: int = 5
    max_per_site: int = 20
    max_per_aaa_group: int = 0
    max_auth_failures: int = 3
    type_ahead: str = ""
    credentials: str = "environment, agent, prompt"
    credentials_file: str = ""
    ssh_key: str = ""
    min_coverage: float = 100.0
    stale_hours: int = 48
    report_due_days: int = 30
    buffer_percent: int = 10


DEFAULTS = {setting.name: setting.default for setting in fields(Settings)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project folder (licsweep.toml, inventory/, the database), its settings and where each came from."""

    folder: Path
    settings: Settings
    sources: Mapping[str, str]

    @property
    def database(self) -> Path:
        return self.folder / self.settings.database

    @property
    def inventory(self) -> Path:
        return self.folder / self.settings.inventory

    def path(self, name: str) -> Path | None:
        """A file that a setting names, relative to the project; None where it is empty."""
        return self.folder / Path(name).expanduser() if name else None

    @property
    def known_hosts(self) -> Path:
        return self.folder / Path(self.settings.known_hosts).expanduser()


def load(folder: Path, flags: Mapping[str, Any] | None = None, environment: Mapping[str, str] | None = None) -> Project:
    """The project in `folder`; a flag that is None is not set. Raises InputError or UsageError with the remedy."""
    environment = os.environ if environment is None else environment
    path = folder / FILE_NAME
    values = _from_file(path)
    sources = dict.fromkeys(values, str(path))
    for name, default in DEFAULTS.items():
        variable = f"LICSWEEP_{name.upper()}"
        if variable in environment:
            values[name], sources[name] = _from_text(variable, environment[variable], type(default)), variable
        if flags and flags.get(name) is not None:
            values[name], sources[name] = flags[name], "flag"
        sources.setdefault(name, "default")
    settings = Settings(**values)
    if not 1 <= settings.workers <= MAX_WORKERS:
        raise UsageError(
            f"workers = {settings.workers}", why=f"1 to {MAX_WORKERS} sessions at once", hint=f"set workers in {path}"
        )
    return Project(folder=folder, settings=settings, sources=sources)


def _from_file(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: {error}", why="the file is not valid TOML") from error
    for name, value in found.items():
        at = f"{path}:{_line(text, name)}"
        if name not in DEFAULTS:
            raise InputError(
                f"{at}: {name}: no such setting", why="known are " + ", ".join(DEFAULTS), hint="licsweep config"
            )
        kind = type(DEFAULTS[name])
        if kind is float and type(value) is int:
            found[name] = float(value)
        elif type(value) is not kind:
            raise InputError(f"{at}: {name}: expected {kind.__name__}", why=f"the file says {value!r}")
    return found


def _line(text: str, name: str) -> int:
    lines = text.splitlines()
    return next((n for n, line in enumerate(lines, 1) if line.split("=")[0].strip().strip("[]\"'") == name), 1)


def _from_text(variable: str, text: str, kind: type) -> Any:
    try:
        return kind(text)
    except ValueError as error:
        raise UsageError(f"{variable}={text}", why=f"{kind.__name__} is expected") from error


def listed(text: str) -> list[str]:
    """The words of a setting that is a list with commas."""
    return [word.strip() for word in text.split(",") if word.strip()]
