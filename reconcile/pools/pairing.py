"""Tiers: which add-on licenses stand with which base licenses on one box, and deployed tiers against bought ones."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from licsweep.position_types import Pool, Severity, Use
from reconcile.grouping import lists_by, sums_by
from reconcile.licenses.matching import Matcher
from reconcile.pools.pools import Account
from reconcile.tables.rows import PairingRow
from reconcile.tables.tables import norm

_THROUGHPUT = re.compile(r"[ _-][\d.]+\s?[gm](?:bps)?$")


def bad_pairs(
    uses: Iterable[Use], rules: Sequence[PairingRow], matcher: Matcher
) -> Iterator[tuple[Severity, str, tuple[Use, ...]]]:
    """What does not pair among the licenses that one box uses, in words, and the lines that say so; counts are not
    compared. An invalid pair is a warning, one to review an info."""
    counted = (use for use in uses if use.counted_as in ("in_use", "in_evaluation"))
    using = lists_by((feature, use) for use in counted for feature in _features(use, matcher))
    for rule in rules:
        addon = using.get(norm(rule.addon))
        if not addon:
            continue
        wrong, odd = (
            [name for name in names if norm(name) in using] for names in (rule.invalid_with, rule.review_with)
        )
        lacks = rule.needs and not any(norm(name) in using for name in rule.needs)
        lines = (*addon, *(use for name in (*wrong, *odd) for use in using[norm(name)]))
        if lacks or wrong:
            reason = f"with {', '.join(wrong)}" if wrong else f"without {' or '.join(rule.needs)}"
            yield "warning", f"invalid: {rule.addon} {reason}", lines
        elif odd:
            yield "info", f"to review: {rule.addon} with {', '.join(odd)}", lines


def _features(use: Use, matcher: Matcher) -> set[str]:
    """The short names of a line without their throughput: as printed, else as the catalogue says."""
    names = [use.name] if use.name else matcher.features(use.license_id or "")
    return {_bare(name) for name in names}


@lru_cache(maxsize=10_000)
def _bare(name: str) -> str:
    return _THROUGHPUT.sub("", norm(name))


def wrong_tiers(pools: Iterable[Pool], matcher: Matcher) -> Iterator[tuple[Pool, str]]:
    """Pools whose tier is short while another tier of the same product family is owned and unused, each in words.

    Tiers are compared by virtual account, product family and kind of license.
    """
    groups: dict[tuple[Account, str, str], list[Pool]] = {}
    for pool in pools:
        tier, types = matcher.tier(pool.license_id), " ".join(matcher.types(pool.license_id))
        family = matcher.family(pool.license_id) or types
        if family and tier and not pool.unlimited and pool.balance is not None:
            groups.setdefault((pool.account, family, types or _kind(pool, tier, matcher)), []).append(pool)
    for (_, family, _), group in groups.items():
        # What is left of each tier over all licenses of a family (24 and 48 ports together).
        tiers = sums_by((matcher.tier(pool.license_id) or "", pool.balance or 0) for pool in group)
        for pool in group:
            tier = matcher.tier(pool.license_id) or ""
            spare = {name: left for name, left in sorted(tiers.items()) if name != tier and left > 0}
            if pool.shortage and spare and tiers[tier] < 0:
                owned = ", ".join(f"{left} of tier {name} are owned and not used" for name, left in spare.items())
                yield pool, f"{family} is deployed at tier {tier}, short of {pool.shortage}; {owned}"


def _kind(pool: Pool, tier: str, matcher: Matcher) -> str:
    """Network stack and DNA licenses are bought apart: the feature or the name without its tier tells them apart."""
    features = matcher.features(pool.license_id)
    text = _bare(features[0]) if features else norm(pool.license)
    if found := re.search(r"\bdna\b|\bnetwork\b|\bnw\b", text):
        return "dna" if found[0] == "dna" else "network"
    return text.replace(norm(tier), "").strip(" -_")
