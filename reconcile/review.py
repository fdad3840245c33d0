"""The quarterly checklist: the findings that a review goes through (review.yaml), whose they are, what changed."""

from collections.abc import Iterator, Sequence

from licsweep.model import Record
from licsweep.position_types import Finding, Subject
from licsweep.review_types import ReviewRow
from reconcile.judgement_context import JudgementContext
from reconcile.pools.pools import Account, pool_id
from reconcile.tables.tables import shipped


class Section(Record):
    """A part of the checklist."""

    section: str
    findings: tuple[str, ...]


def review(
    judged: JudgementContext, findings: Sequence[Finding], since: Sequence[Finding] | None
) -> Iterator[ReviewRow]:
    """The rows in the order of the checklist; `since` are the findings to compare with, where any are."""
    accounts: dict[tuple[str, str], Account] = {("pool", pool_id(pool)): pool.account for pool in judged.pools}
    for case in judged.instances:
        accounts["instance", case.unit.hostname] = case.place.smart_account, case.place.virtual_account
    for token in judged.tables.tokens:
        accounts["token", token.id] = token.smart_account, token.virtual_account or ""
    before, now = ({(one.name, one.subject) for one in side or () if not one.waived_by} for side in (since, findings))
    gone = [one for one in since or () if (one.name, one.subject) not in now]
    for part in shipped("review", Section):
        for one in (*findings, *gone):
            if one.name not in part.findings or one.waived_by:
                continue
            key = (one.name, one.subject)
            row = judged.accounts.names.row(*_account(accounts, one.subject))
            yield ReviewRow(
                section=part.section,
                finding=one.name,
                severity=one.severity,
                kind=one.subject.kind,
                subject=one.subject.id,
                message=one.message,
                owner=row.owner if row else None,
                since=None if since is None else "gone" if key not in now else "standing" if key in before else "new",
            )


def _account(accounts: dict[tuple[str, str], Account], subject: Subject) -> Account:
    return accounts.get((subject.kind, subject.id), (None, ""))
