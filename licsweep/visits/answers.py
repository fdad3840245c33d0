"""What a device's answer to a license command means: answers.yaml, made from the agent's own error texts."""

from licsweep.clean_text import one_line
from licsweep.model import Record
from licsweep.serialization import yaml_table

IMPORTED = "Import Data Successful"
_MOST = 250


class KnownAnswer(Record):
    """A text that devices print; `agent` is the number of the agent's error, `means` what a person does about it."""

    says: str
    agent: int | None = None
    means: str | None = None


_known = yaml_table(__file__, "answers.yaml", tuple[KnownAnswer, ...])


def meaning(answer: str) -> str | None:
    """What the answer means, by the longest known text in it; None where nothing is known of it."""
    words = " ".join(answer.split()).casefold()
    found = [one for one in _known() if one.says.casefold() in words]
    return max(found, key=lambda one: len(one.says)).means if found else None


def word_for_word(answer: str) -> str:
    """The answer in one line, fit to be kept and shown."""
    return one_line(" ".join(answer.split()) or "(nothing)", _MOST)
