"""The tables that judgement rests on: shipped YAML beside this module, a project's files of the same name over it.

What Cisco's names mean differs by product and changes with time, so it is data. A project's rows are asked before the
shipped ones; accounts.yaml, contract.yaml, onprem.yaml, tokens.yaml and waivers.yaml are the project's alone. JSON is
read in the same shapes.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache, lru_cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from licsweep.errors import InputError
from licsweep.files import present
from licsweep.serialization import line_of, load_yaml_file
from reconcile.tables.contract_rows import Agreement, ContractFile, TokenRow
from reconcile.tables.rows import (
    AccountsFile,
    CatalogueRow,
    ChainRow,
    ConsequenceRow,
    CountingRow,
    LabelRow,
    LicenseTypeRow,
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
    types: Mapping[str, str] = field(default_factory=dict)
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
    contract: ContractFile = field(default_factory=ContractFile)
    tokens: tuple[TokenRow, ...] = ()

    @classmethod
    def load(cls, project: Path | None = None) -> "Tables":
        """The shipped tables and those in the root of `project`.

        Raises InputError with file, line and key where a project's file does not have the expected shape.
        """
        labels = (*shipped("labels", LabelRow), *_own(project, "labels", LabelRow))
        limits = (*shipped("limits", LimitRow), *_own(project, "limits", LimitRow))
        types = _over(project, "license_types", LicenseTypeRow, lambda row: map(norm, row.types))
        return cls(
            project=_own(project, "catalogue", CatalogueRow),
            shipped=shipped("catalogue", CatalogueRow),
            labels={norm(row.label): row.tag for row in labels},
            types={norm(name): norm(row.types[0]) for row in types for name in row.types},
            reporters=_over(project, "reporters", ReporterRow),
            chains=_over(project, "substitution", ChainRow, lambda row: map(slug, row.chain)),
            counting=_over(project, "counting", CountingRow),
            pairing=_over(project, "pairing", PairingRow, lambda row: [norm(row.addon)]),
            releases=_releases(project),
            consequences=_over(project, "consequences", ConsequenceRow),
            limits={row.name: row.value for row in limits},
            accounts=_one_name_each(project, _own_file(project, "accounts", AccountsFile) or AccountsFile()),
            onprem=_own_file(project, "onprem", OnpremFile) or OnpremFile(),
            waivers=_own(project, "waivers", WaiverRow),
            contract=_one_suite_each(project, _own_file(project, "contract", ContractFile) or ContractFile()),
            tokens=_own(project, "tokens", TokenRow),
        )

    def type_of(self, name: str) -> str:
        """A license type that a manager names, as it is compared: one of several names stands for all."""
        return self.types.get(norm(name), norm(name))

    def price(self, license_id: str) -> CatalogueRow | None:
        """The row that states what one unit of a license costs, the project's first."""
        rows = (*self.project, *self.shipped)
        return next((row for row in rows if row.unit_price is not None and slug(row.license) == license_id), None)


@lru_cache(maxsize=100_000)
def norm(text: str) -> str:
    """A name as it is compared: blanks collapsed, case folded."""
    return " ".join(text.split()).casefold()


@lru_cache(maxsize=100_000)
def slug(name: str) -> str:
    """The canonical id of a license: names that differ only in case, blanks and punctuation are one license."""
    return re.sub(r"[^\w+]+|_", "-", norm(name)).strip("-") or norm(name)


@lru_cache(maxsize=1_000)
def _folded(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(norm, texts))


def starts_with(said: Iterable[str], beginnings: tuple[str, ...]) -> bool:
    """True where one of the texts (folded by `norm`) begins with one of a row's beginnings."""
    starts = _folded(beginnings)
    return any(text.startswith(starts) for text in said)


def finds(patterns: Iterable[str], *said: str | None) -> bool:
    """True where one of a row's regular expressions finds something in what was said."""
    text = " ".join(filter(None, said))
    return any(re.search(pattern, text, re.IGNORECASE) for pattern in patterns)


def file_of(project: Path | None, name: str) -> Path | None:
    """The project's file of a table. Raises InputError where it stands there twice, as YAML and as JSON."""
    found = (
        [p for p in (project / f"{name}{end}" for end in (".yaml", ".yml", ".json")) if present(p)] if project else []
    )
    if len(found) > 1:
        raise InputError(f"{found[0]} and {found[1].name}", why="a table has one file", hint="remove one of them")
    return found[0] if found else None


@cache
def shipped_file(name: str, kind: Any) -> Any:
    """A shipped table as this type."""
    with as_file(files("reconcile.tables") / f"{name}.yaml") as path:
        return load_yaml_file(path, kind)


def shipped(name: str, row: Any) -> tuple[Any, ...]:
    """The rows of a shipped table."""
    rows: tuple[Any, ...] = shipped_file(name, tuple[row, ...])
    return rows


def _own_file(project: Path | None, name: str, kind: Any) -> Any:
    path = file_of(project, name)
    return load_yaml_file(path, kind | None) if path else None


def _own(project: Path | None, name: str, row: Any) -> tuple[Any, ...]:
    return _own_file(project, name, tuple[row, ...]) or ()


def _over(
    project: Path | None, name: str, row: Any, names: Callable[[Any], Iterable[str]] = lambda _: ()
) -> tuple[Any, ...]:
    """The project's rows, then the shipped ones without those that share one of their `names` with a row of it."""
    own = _own(project, name, row)
    named = {text for each in own for text in names(each)}
    return (*own, *(each for each in shipped(name, row) if named.isdisjoint(names(each))))


def _releases(project: Path | None) -> Releases:
    own, known = _own_file(project, "releases", Releases) or Releases(), shipped_file("releases", Releases)
    return Releases(**{f.name: (*getattr(own, f.name), *getattr(known, f.name)) for f in fields(Releases)})


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


def _one_suite_each(project: Path | None, contract: ContractFile) -> ContractFile:
    """Raises InputError where two suites of agreements over one scope at one time hold the same license."""
    met: dict[str, list[tuple[Agreement, str]]] = {}
    for at, agreement in enumerate(contract.agreements):
        for in_agreement, suite in enumerate(agreement.suites):
            for in_suite, row in enumerate(suite.licenses):
                before = met.setdefault(slug(row.license), [])
                if other := next((name for one, name in before if one.overlaps(agreement)), None):
                    path = file_of(project, "contract") or Path("contract.yaml")
                    place = ("agreements", at, "suites", in_agreement, "licenses", in_suite, "license")
                    raise InputError(
                        f"{path}:{line_of(path, place)}: {'.'.join(map(str, place))}: {row.license} stands in suite"
                        f" {other} of the same scope too",
                        why="a license is counted in one suite",
                    )
                before.append((agreement, suite.name))
    return contract
