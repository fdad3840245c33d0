"""How words of observations count (docs/judgement.md, Counting)."""

IDLE = frozenset({"not-in-use", "init", "disabled"})
"""States of a license that is not used."""

EVALUATING = frozenset({"eval-mode", "eval-expired"})
"""States of a license that is used in evaluation."""

LEGACY_MODELS = frozenset({"rtu", "pak"})
"""Licensing that CSSM does not see."""

RESERVED_KINDS = frozenset({"slr", "plr"})
"""Authorization codes that say what the reservations of a box say."""
