"""What usage files tell about a site, for the person who releases data: by field, with the command that leaves it out.

disclosure.yaml says which field is what. A field that it does not know is named too.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from licsweep.model import Record
from licsweep.serialization import yaml_table


class DisclosureRule(Record):
    """Fields whose path `finds` fits (a regular expression) are `what`; `leave_out` says how a device omits them.

    `names`: the names of the fields are shown, not their values.
    """

    what: str
    finds: str
    leave_out: str
    names: bool = False


_rules = yaml_table(__file__, "disclosure.yaml", tuple[DisclosureRule, ...])


def disclosed(documents: Iterable[Any]) -> list[tuple[DisclosureRule, list[str]]]:
    """The rules that met something, each with the different values or names of fields."""
    found: dict[str, set[str]] = {}
    for path, value in _leaves(list(documents)):
        rule = next(rule for rule in _rules() if re.search(rule.finds, path))
        found.setdefault(rule.what, set()).add(path.strip(".") if rule.names else value)
    return [(rule, sorted(found[rule.what])) for rule in _rules() if rule.what in found]


def _leaves(documents: list[Any]) -> Iterator[tuple[str, str]]:
    """Each value that is not empty, with the keys that lead to it."""
    waiting: list[tuple[Any, str]] = [(documents, "")]
    while waiting:
        node, path = waiting.pop()
        if isinstance(node, dict):
            waiting += [(value, f"{path}.{key}") for key, value in node.items()]
        elif isinstance(node, list):
            waiting += [(value, path) for value in node]
        elif node not in (None, ""):
            yield path, str(node)
