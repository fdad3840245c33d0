"""What a project's files name and nothing uses: told as notes, for a name with a typing error does nothing silently."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from licsweep.contract_types import AgreementPosition
from licsweep.position_types import Judgement, Pool, folded
from licsweep.settings import TABLES, Project
from reconcile.findings.waivers import covers
from reconcile.instances.account_names import Names
from reconcile.tables.tables import Tables, slug

SUFFIXES = (".yaml", ".yml", ".json")
_ALIKE = 0.8


def unused(
    project: Project, judgement: Judgement | None = None, agreements: Sequence[AgreementPosition] = ()
) -> Iterator[str]:
    """Notes on files of the project's root that nothing reads and, with what was judged, on names that meet nothing."""
    for path in sorted(path for path in project.folder.iterdir() if path.suffix in SUFFIXES):
        if path.stem not in TABLES and (near := get_close_matches(path.stem, TABLES, n=1, cutoff=_ALIKE)):
            yield f"{path.name}: nothing reads it; did you mean {near[0]}{path.suffix}?"
    if judgement:
        tables = Tables.load(project.folder)
        for number, row in enumerate(tables.waivers, 1):
            if not any(covers(row, finding) for finding in judgement.findings):
                yield f"waivers.yaml: row {number}: {row.finding} on {row.subject} covers no finding"
        yield from _accounts(tables, judgement)
        yield from _contract(tables, judgement.pools, agreements)


def _accounts(tables: Tables, judgement: Judgement) -> Iterator[str]:
    names = Names(tables.accounts, ())
    pairs = [(pool.smart_account, pool.virtual_account) for pool in judgement.pools]
    pairs += [(instance.smart_account, instance.virtual_account) for instance in judgement.instances]
    met = {(folded(names.smart(smart)), folded(virtual)) for smart, virtual in pairs}
    for smart in tables.accounts.smart_accounts:
        strange = [v.name for v in smart.virtual_accounts if (folded(smart.name), folded(v.name)) not in met]
        for name in strange if met else ():
            yield f"accounts.yaml: {smart.name}, {name}: no import and no box knows this account"


def _contract(tables: Tables, pools: Sequence[Pool], agreements: Sequence[AgreementPosition]) -> Iterator[str]:
    """What contract.yaml names and neither an import, a box nor the catalogue knows."""
    smarts, licenses = {folded(pool.smart_account) for pool in pools}, {slug(pool.license) for pool in pools}
    licenses |= {slug(row.license) for row in (*tables.project, *tables.shipped)}
    for agreement in agreements:
        if pools and folded(agreement.smart_account) not in smarts:
            yield f"contract.yaml: {agreement.id}: no import and no box knows {agreement.smart_account}"
        virtual = {folded(pool.virtual_account) for pool in pools}
        for name in agreement.virtual_accounts or () if pools else ():
            if folded(name) not in virtual:
                yield f"contract.yaml: {agreement.id}: no import and no box knows the virtual account {name}"
        for name in (row.license for suite in agreement.suites for row in suite.licenses):
            if slug(name) not in licenses:
                yield f"contract.yaml: {agreement.id}: no import, no box and no catalogue knows {name}"
