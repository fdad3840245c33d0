"""The tables that judgement rests on: shipped YAML beside this module, a project's files of the same name over it.

What Cisco's names mean differs by product and changes with time, so it is data. A project's rows are asked before the
shipped ones; accounts.yaml, contract.yaml, onprem.yaml, tokens.yaml and waivers.yaml are the project's alone. JSON is
read in the same shapes.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, fields, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from licsweep.errors import InputError
from licsweep.files import present
from licsweep.model import Record
from licsweep.position_types import folded
from licsweep.serialization import line_of, load_yaml_file
from reconcile.tables import rows as row_types
from reconcile.tables.contract_rows import Agreement, ContractFile, TokenRow


class Tables(Record):
    """A project's catalogue apart from the shipped one; in all other tables the project's rows stand first."""

    project: tuple[row_types.CatalogueRow, ...] = ()
    shipped: tuple[row_types.CatalogueRow, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    reporters: tuple[row_types.ReporterRow, ...] = ()
    chains: tuple[row_types.ChainRow, ...] = ()
    counting: tuple[row_types.CountingRow, ...] = ()
    pairing: tuple[row_types.PairingRow, ...] = ()
    releases: row_types.Releases = field(default_factory=row_types.Releases)
    consequences: tuple[row_types.ConsequenceRow, ...] = ()
    alerts: tuple[row_types.AlertRow, ...] = ()
    limits: Mapping[str, int] = field(default_factory=dict)
    accounts: row_types.AccountsFile = field(default_factory=row_types.AccountsFile)
    onprem: row_types.OnpremFile = field(default_factory=row_types.OnpremFile)
    waivers: tuple[row_types.WaiverRow, ...] = ()
    contract: ContractFile = field(default_factory=ContractFile)
    tokens: tuple[TokenRow, ...] = ()

    @classmethod
    def load(cls, project: Path | None = None) -> "Tables":
        """The shipped tables and those in the root of `project`.

        Raises InputError with file, line and key where a project's file does not have the expected shape.
        """
        labels = (*shipped("labels", row_types.LabelRow), *_own(project, "labels", row_types.LabelRow))
        limits = (*shipped("limits", row_types.LimitRow), *_own(project, "limits", row_types.LimitRow))
        accounts = _one_name_each(project, _own_file(project, "accounts", row_types.AccountsFile))
        types = _over(project, "license_types", row_types.LicenseTypeRow, lambda row: map(norm, row.types))
        return cls(
            project=_own(project, "catalogue", row_types.CatalogueRow),
            shipped=shipped("catalogue", row_types.CatalogueRow),
            labels={norm(row.label): row.tag for row in labels},
            types={norm(name): norm(row.types[0]) for row in types for name in row.types},
            reporters=_over(project, "reporters", row_types.ReporterRow),
            chains=_over(project, "substitution", row_types.ChainRow, lambda row: map(slug, row.chain)),
            counting=_over(project, "counting", row_types.CountingRow),
            pairing=_over(project, "pairing", row_types.PairingRow, lambda row: [norm(row.addon)]),
            releases=_releases(project),
            consequences=_over(project, "consequences", row_types.ConsequenceRow),
            alerts=_over(project, "alerts", row_types.AlertRow),
            limits={row.name: row.value for row in limits},
            accounts=accounts,
            onprem=_own_file(project, "onprem", row_types.OnpremFile),
            waivers=_own(project, "waivers", row_types.WaiverRow),
            contract=_one_suite_each(project, _own_file(project, "contract", ContractFile), accounts.by_name()),
            tokens=_own(project, "tokens", TokenRow),
        )

    def type_of(self, name: str) -> str:
        """A license type that a manager names, as it is compared: one of several names stands for all."""
        return self.types.get(norm(name), norm(name))

    def price(self, license_id: str) -> row_types.CatalogueRow | None:
        """The row that states what one unit of a license costs, the project's first."""
        rows = (*self.project, *self.shipped)
        return next((row for row in rows if row.unit_price is not None and slug(row.license) == license_id), None)


norm = folded
"""A name as it is compared: blanks collapsed, case folded."""


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
    names = (f"{name}{end}" for end in (".yaml", ".yml", ".json"))
    found = [path for path in map(project.joinpath, names) if present(path)] if project else []
    if len(found) > 1:
        raise InputError(f"{found[0]} and {found[1].name}", why="a table has one file", hint="remove one of them")
    return found[0] if found else None


@cache
def shipped_file(name: str, kind: Any) -> Any:
    """A shipped table as this type."""
    return load_yaml_file(Path(__file__).with_name(f"{name}.yaml"), kind)


def shipped(name: str, row: Any) -> tuple[Any, ...]:
    """The rows of a shipped table."""
    rows: tuple[Any, ...] = shipped_file(name, tuple[row, ...])
    return rows


def _own_file(project: Path | None, name: str, kind: Any) -> Any:
    """A project's table, empty where there is none."""
    path = file_of(project, name)
    return (load_yaml_file(path, kind | None) if path else None) or kind()


def _own(project: Path | None, name: str, row: Any) -> tuple[Any, ...]:
    rows: tuple[Any, ...] = _own_file(project, name, tuple[row, ...])
    return rows


def _over(
    project: Path | None, name: str, row: Any, names: Callable[[Any], Iterable[str]] = lambda _: ()
) -> tuple[Any, ...]:
    """The project's rows, then the shipped ones without those that share one of their `names` with a row of it."""
    own = _own(project, name, row)
    named = {text for each in own for text in names(each)}
    return (*own, *(each for each in shipped(name, row) if named.isdisjoint(names(each))))


def _releases(project: Path | None) -> row_types.Releases:
    own, known = _own_file(project, "releases", row_types.Releases), shipped_file("releases", row_types.Releases)
    return row_types.Releases(**{f.name: (*getattr(own, f.name), *getattr(known, f.name)) for f in fields(known)})


def _one_name_each(project: Path | None, accounts: row_types.AccountsFile) -> row_types.AccountsFile:
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


def _one_suite_each(project: Path | None, contract: ContractFile, smart: Mapping[str, str]) -> ContractFile:
    """Raises InputError where two suites of agreements over one scope at one time hold the same license.

    `smart` is the name of a smart account by all its names.
    """
    met: dict[str, list[tuple[Agreement, str]]] = {}
    for at, stated in enumerate(contract.agreements):
        said = stated.smart_account
        agreement = replace(stated, smart_account=said and smart.get(norm(said), said))
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
