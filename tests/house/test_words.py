"""`licsweep explain` knows every word that a verb prints: those of the types that leave the program."""

import re
from dataclasses import is_dataclass
from pathlib import Path
from typing import Literal, get_args, get_origin, get_type_hints

from licsweep import (
    action_types,
    contract_types,
    ledger_types,
    model,
    plan_types,
    position_types,
    review_types,
    stored_import,
)
from licsweep.access.hostkeys import KeyState
from licsweep.cli.explain import entries
from licsweep.cli.outputs import kinds as verb_outputs

ROOT = Path(__file__).parents[2]


def vocabularies(*roots: object) -> dict[str, set[str]]:
    """The words of each field that holds a vocabulary, of these types and all types in them."""
    found: dict[str, set[str]] = {}

    def walk(kind: object, where: str) -> None:
        if get_origin(kind) is Literal:
            found.setdefault(where, set()).update(get_args(kind))
            return
        for part in get_args(kind):
            walk(part, where)
        if isinstance(kind, type) and is_dataclass(kind) and kind not in seen:
            seen.add(kind)
            for name, hint in get_type_hints(kind).items():
                walk(hint, f"{kind.__name__}.{name}")

    seen: set[type] = set()
    for number, root in enumerate(roots):
        walk(root, f"type {number}")
    return found


def not_explained(vocabulary: dict[str, set[str]]) -> dict[str, set[str]]:
    """What no single kind of explained words covers."""
    groups: dict[str, set[str]] = {}
    for kind, names, _ in entries():
        groups.setdefault(kind, set()).update(names)
    return {
        where: words - max(groups.values(), key=lambda known: len(words & known))
        for where, words in vocabulary.items()
        if not any(words <= known for known in groups.values())
    }


def test_explain_knows_every_word_that_a_verb_prints() -> None:
    modules = (
        model,
        position_types,
        plan_types,
        action_types,
        contract_types,
        review_types,
        ledger_types,
        stored_import,
    )
    types = [one for module in modules for one in vars(module).values() if isinstance(one, type)]
    found = vocabularies(*verb_outputs().values(), *types, KeyState)
    assert len(found) > 50
    assert {word for words in found.values() for word in words} >= {
        "ok",
        "reporting-ok",
        "eval-mode",
        "handed-out",
        "new",
    }
    assert not_explained(found) == {}
    source = (ROOT / "reconcile" / "contradictions.py").read_text()  # whose causes are plain text
    causes = set(re.findall(r'"([a-z]+-[a-z-]+|unused|substitution|shortage)"', source))
    assert causes <= {names[0] for kind, names, _ in entries() if kind == "cause of a difference"}


def test_a_word_that_explain_lacks_would_be_seen() -> None:
    assert not_explained(vocabularies(Literal["ok", "melted"])) == {"type 0": {"melted"}}
    assert not_explained({"Use.status": {"in-use", "reporting-ok"}}) != {}  # words of two fields are no vocabulary
