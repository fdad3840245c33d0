"""`report transfers`: licences to move between virtual accounts, what no move closes, and what to remove from CSSM."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from licsweep.judged import CleanUp, Exposure, Judgement, Pool, Transfer
from licsweep.reports.parts import coverage_cards, outcome_table
from licsweep.reports.view import Card, Column, Position, Report, Table, make_table, values
from reconcile.pools import pool_id

_TRANSFERS = (
    Column("smart_account", "Smart account"),
    Column("license", "Licence"),
    Column("from", "From virtual account"),
    Column("to", "To virtual account"),
    Column("quantity", "Quantity", "int"),
    Column("closes", "Closes of the shortage", "int"),
    Column("term_ends", "Term ends", "date", missing="no end"),
)
_SHORT = (
    Column("smart_account", "Smart account"),
    Column("virtual_account", "Virtual account"),
    Column("license", "Licence"),
    Column("owned", "Owned", "int"),
    Column("borrowed", "Borrowed", "int"),
    Column("charged", "Charged", "int"),
    Column("shortage", "Shortage", "int"),
    Column("closed_whole", "Transfers close it whole", "bool"),
    Column("proposal", "What closes it", "prose", missing="no proposal"),
)
_EXPOSURE = (
    Column("smart_account", "Smart account"),
    Column("license", "Licence"),
    Column("units", "Units short", "int"),
    Column("money", "Money", missing="no price known"),
    Column("currency", "Currency", missing="no price known"),
)
_CLEAN_UP = (
    Column("reason", "Finding"),
    Column("smart_account", "Smart account"),
    Column("virtual_account", "Virtual account"),
    Column("pid", "PID", missing="not listed"),
    Column("sn", "Serial", missing="not listed"),
    Column("name", "Name in CSSM", missing="not listed"),
    Column("last_contact", "Last contact", "datetime", missing="not listed"),
    Column("hostname", "Box that took its place", missing="none"),
)


def build(position: Position, *, generated_at: datetime) -> Report:
    """The transfer lists, the shortages and exposure that remain, and the clean-up list for CSSM."""
    judgement = position.reconciled.judgement
    return Report(
        kind="transfers",
        title="Licence transfers",
        headline="What to move between virtual accounts, and what moving can't close.",
        statement="Moves are proposed inside one smart account only; reserved units stay where they are and every "
        "virtual account that gives keeps its own buffer. The two lists both start from today's state: carry out one, "
        "then judge again. This is a proposal; licences move in CSSM.",
        generated_at=generated_at,
        as_of=judgement.as_of,
        coverage=judgement.coverage,
        cards=(*coverage_cards(judgement, position.states), *_cards(judgement, len(position.reconciled.clean_up))),
        tables=(
            outcome_table(judgement.coverage),
            _transfers("close", "Transfers that close shortages", judgement.transfers_to_close),
            _transfers("restore-buffer", "Transfers that restore buffers", judgement.transfers_to_restore_buffer),
            _short(judgement),
            make_table(
                "exposure",
                "Exposure: what the smart account lacks after substitution and transfers",
                _EXPOSURE,
                ({**values(row), "money": _money(row)} for row in judgement.exposure),
                empty="Nothing is short of a whole smart account.",
            ),
            make_table(
                "clean-up",
                "To remove from CSSM",
                _CLEAN_UP,
                map(values, sorted(position.reconciled.clean_up, key=_place)),
                note="Product instances that CSSM lists and that the estate does not answer as; removing one frees its "
                "licences. Check that the box was in the inventory and in reach before you remove it.",
                empty="Nothing, or no export of CSSM's product instances was imported.",
            ),
        ),
        main="close",
    )


def _cards(judgement: Judgement, clean_up: int) -> tuple[Card, ...]:
    short = [pool for pool in judgement.pools if pool.shortage]
    units = sum(row.units for row in judgement.exposure)
    return (
        Card("Pools short", str(len(short)), f"licences short: {sum(p.shortage for p in short)}", _tone(len(short))),
        Card(
            "Transfers",
            str(len(judgement.transfers_to_close)),
            f"they close {sum(row.closes for row in judgement.transfers_to_close)} of the licences short",
        ),
        Card("Exposure", str(units), "licences short of whole smart accounts", _tone(units)),
        Card("To remove from CSSM", str(clean_up), "ghosts and replaced serials", "warn" if clean_up else "good"),
    )


def _place(row: CleanUp) -> tuple[str, ...]:
    return row.reason, row.smart_account or "", row.virtual_account or "", row.pid or "", row.sn or "", row.name or ""


def _tone(number: int) -> Literal["bad", "good"]:
    return "bad" if number else "good"


def _transfers(name: str, title: str, found: Iterable[Transfer]) -> Table:
    return make_table(name, title, _TRANSFERS, ({**values(row), "from": row.from_} for row in found))


def _short(judgement: Judgement) -> Table:
    """Short pools, with whether their smart account closes them whole, and the words of the findings that say how."""
    found = {(f.name, f.subject.id): f.message for f in judgement.findings}

    def row(pool: Pool) -> dict[str, object]:
        closed, open_ = (found.get((name, pool_id(pool))) for name in ("false-shortage", "shortage-of-smart-account"))
        return {**values(pool), "closed_whole": closed is not None, "proposal": closed or open_}

    return make_table(
        "shortages",
        "Pools that are short today",
        _SHORT,
        (row(pool) for pool in judgement.pools if pool.shortage),
        empty="No pool is short.",
    )


def _money(row: Exposure) -> str | None:
    return None if row.money is None else f"{row.money:.2f}"
