"""`report index`: what to do first, then each other report in one line, with its page beside this one."""

from licsweep.position_types import JudgementResult
from licsweep.reports import actions
from licsweep.reports.build import Figures, Records
from licsweep.reports.view import layout


def contents(result: JudgementResult) -> tuple[Figures, dict[str, Records]]:
    """The parts of `actions`, and the other reports with the names of their files."""
    figures, records = actions.contents(result)
    return figures, records | {"pages": pages(result)}


def pages(result: JudgementResult) -> Records:
    """The other kinds: title, headline, file."""
    day = f"{result.judgement.as_of:%Y-%m-%d}"
    for kind, words in layout()["reports"].items():
        if kind != "index":
            yield {"title": words["title"], "about": words["headline"], "file": f"licsweep-{kind}-{day}.html"}
