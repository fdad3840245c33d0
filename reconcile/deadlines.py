"""Every day that is known on which something is due or ends: reports, terms, True Forward dates, tokens."""

from collections.abc import Iterator
from datetime import timedelta

from licsweep.action_types import Deadline
from reconcile.contract.arithmetic import next_date
from reconcile.judgement_context import JudgementContext
from reconcile.pools.terms import in_force


def deadlines(judged: JudgementContext) -> Iterator[Deadline]:
    """Reports, overdue ones too; of terms in force, agreements and tokens what lies ahead."""
    today = judged.as_of.date()
    for case in judged.instances:
        if (due := case.state.clock.deadline) and (left := case.state.clock.days_left) is not None:
            yield Deadline(kind="report", day=due.date(), days_left=left, about=case.unit.hostname)
    for account in judged.pool_accounts.values():
        about = f"{account.license}, {account.virtual_account}"
        for end in {one.end for one in account.terms if one.type == "term" and one.end and in_force(one, today)}:
            yield Deadline(kind="term", day=end, days_left=(end - today).days, about=about)
    for agreement in judged.tables.contract.agreements:
        for day in {*agreement.dates, *(day for suite in agreement.suites for day in suite.dates)}:
            if next_date(agreement, [day], today):
                yield Deadline(kind="true-forward", day=day, days_left=(day - today).days, about=agreement.id)
    for token in judged.tables.tokens:
        if token.ends and (day := (token.ends - timedelta(seconds=1)).date()) >= today:  # its last valid day
            yield Deadline(kind="token", day=day, days_left=(day - today).days, about=token.id)
