"""The kinds of reports: what builds each."""

from functools import partial

from licsweep.reports import actions, audit, contract, estate, index, renewal, reporting, transfers, transition, usage
from licsweep.reports.build import build

KINDS = {
    "actions": partial(build, "actions", actions.contents, data=actions.data),
    "index": partial(build, "index", index.contents),
    "usage": partial(build, "usage", usage.contents),
    "estate": partial(build, "estate", estate.contents),
    "reporting": partial(build, "reporting", reporting.contents),
    "renewal": partial(build, "renewal", renewal.contents),
    "transition": partial(build, "transition", transition.contents),
    "transfers": partial(build, "transfers", transfers.contents),
    "contradictions": partial(build, "contradictions", audit.contradictions),
    "review": partial(build, "review", audit.review),
    "contract": partial(build, "contract", contract.contents, data=contract.data),
}
