"""The tables that judgement rests on: shipped YAML beside this module, a project's files of the same name over it.

What Cisco's names mean differs by product and changes with time, so it is data. A project's rows are asked before the
shipped ones; accounts.yaml, onprem.yaml and waivers.yaml are the project's alone. JSON is read in the same shapes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache, lru_cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from licsweep.codec import load_yaml_file
from licsweep.errors import InputError
from reconcile.rows import (
    AccountsFile,
    CatalogueRow,
    ChainRow,
    ConsequenceRow,
    CountingRow,
    LabelRow,
    LimitRow,
    OnpremFile,
    PairingRow,
    Releases,
    ReporterRow,
    WaiverRow,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """A project's catalogue apart from the shipped one; in all other tables the project's rows stand first."""

    project: tuple[CatalogueRow, ...] = ()
    shipped: tuple[CatalogueRow, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    reporters: tuple[ReporterRow, ...] = ()
    chains: tuple[ChainRow, ...] = ()
    counting: tuple[CountingRow, ...] = ()
    pairing: tuple[PairingRow, ...] = ()
    releases: Releases = field(default_factory=Releases)
    consequences: tuple[ConsequenceRow, ...] = ()
    limits: Mapping[str, int] = field(default_factory=dict)
    accounts: AccountsFile = field(default_factory=AccountsFile)
    onprem: OnpremFile = field(default_factory=OnpremFile)
    waivers: tuple[WaiverRow, ...] = ()

    @classmethod
    def load(cls, project: Path | None = None) -> "Tables":
        """The shipped tables and those in the root of `project`.

        Raises InputError with file, line and key where a project's file does not have the expected shape.
        """
        labels = (*_shipped("labels", LabelRow), *_own(project, "labels", LabelRow))
        own_chains, shipped_chains = _own(project, "substitution", ChainRow), _shipped("substitution", ChainRow)
        limits = (*_shipped("limits", LimitRow), *_own(project, "limits", LimitRow))
        return cls(
            project=_own(project, "catalogue", CatalogueRow),
            shipped=_shipped("catalogue", CatalogueRow),
            labels={norm(row.label): row.tag for row in labels},
            reporters=_both(project, "reporters", ReporterRow),
            chains=(*own_chains, *_apart(shipped_chains, own_chains)),
            counting=_both(project, "counting", CountingRow),
            pairing=_over(_own(project, "pairing", PairingRow), _shipped("pairing", PairingRow)),
            releases=_releases(_read(project, "releases", Releases), _shipped_whole("releases", Releases)),
            consequences=_both(project, "consequences", ConsequenceRow),
            limits={row.name: row.value for row in limits},
            accounts=_one_name_each(project, _read(project, "accounts", AccountsFile) or AccountsFile()),
            onprem=_read(project, "onprem", OnpremFile) or OnpremFile(),
            waivers=_own(project, "waivers", WaiverRow),
        )

    def price(self, license_id: str) -> tuple[float | None, str | None]:
        """Unit price and currency of a licence, the project's row first."""
        for row in (*self.project, *self.shipped):
            if row.unit_price is not None and slug(row.license) == license_id:
                return row.unit_price, row.currency
        return None, None


@lru_cache(maxsize=100_000)
def norm(text: str) -> str:
    """A name as it is compared: blanks collapsed, case folded."""
    return " ".join(text.split()).casefold()


@lru_cache(maxsize=100_000)
def slug(name: str) -> str:
    """The canonical id of a licence: names that differ only in case, blanks and punctuation are one licence."""
    return re.sub(r"[^\w+]+|_", "-", norm(name)).strip("-") or norm(name)


def file_of(project: Path | None, name: str) -> Path | None:
    """The project's file of a table. Raises InputError where it stands there twice, as YAML and as JSON."""
    found = (
        [p for p in (project / f"{name}{end}" for end in (".yaml", ".yml", ".json")) if p.exists()] if project else []
    )
    if len(found) > 1:
        raise InputError(f"{found[0]} and {found[1].name}", why="a table has one file", hint="remove one of them")
    return found[0] if found else None


@cache
def _shipped(name: str, row: type) -> tuple[Any, ...]:
    rows: tuple[Any, ...] = _shipped_whole(name, tuple[row, ...])  # type: ignore[valid-type]
    return rows


@cache
def _shipped_whole(name: str, kind: Any) -> Any:
    with as_file(files("reconcile") / f"{name}.yaml") as path:
        return load_yaml_file(path, kind)


def _own(project: Path | None, name: str, row: Any) -> tuple[Any, ...]:
    return _read(project, name, tuple[row, ...]) or ()


def _read(project: Path | None, name: str, kind: Any) -> Any:
    path = file_of(project, name)
    return load_yaml_file(path, kind | None) if path else None


def _both(project: Path | None, name: str, row: Any) -> tuple[Any, ...]:
    return (*_own(project, name, row), *_shipped(name, row))


def _apart(shipped: tuple[ChainRow, ...], own: tuple[ChainRow, ...]) -> list[ChainRow]:
    """The shipped chains without those that share a licence with a chain of the project."""
    named = {slug(name) for row in own for name in row.chain}
    return [row for row in shipped if named.isdisjoint(slug(name) for name in row.chain)]


def _over(own: tuple[PairingRow, ...], shipped: tuple[PairingRow, ...]) -> tuple[PairingRow, ...]:
    named = {norm(row.addon) for row in own}
    return (*own, *(row for row in shipped if norm(row.addon) not in named))


def _releases(own: Releases | None, shipped: Releases) -> Releases:
    parts = {f.name: (*getattr(own or Releases(), f.name), *getattr(shipped, f.name)) for f in fields(Releases)}
    return Releases(**parts)


def _one_name_each(project: Path | None, accounts: AccountsFile) -> AccountsFile:
    """Raises InputError where two smart accounts claim one name, domain or alias."""
    owner: dict[str, str] = {}
    for account in accounts.smart_accounts:
        for name in filter(None, (account.name, account.domain, *account.aliases)):
            if owner.setdefault(norm(name), account.name) != account.name:
                raise InputError(
                    f"{file_of(project, 'accounts')}: {name}: names both {owner[norm(name)]} and {account.name}",
                    why="a name or alias belongs to one smart account",
                )
    return accounts
