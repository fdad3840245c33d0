"""Which license a printed tag or label is, and which license an entitlement is for.

A printed tag is asked of, in this order: the project's catalogue (tag, then label), what the entitlement files teach
(tag, then license name), the shipped tags, the label table (shipped, and learned from the estate), the shipped
catalogue, where feature, description and product family must all agree, and at last the names that contract.yaml alone
knows. The first step with a candidate decides: one candidate is the license, more are ambiguous. Cut-off labels
(`C9300-48 Network Advan...`) match nothing.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import TypeVar

from licsweep.model import Observation, Record
from licsweep.position_types import Entitlement
from reconcile.grouping import lists_by, sets_by
from reconcile.tables.rows import CatalogueRow
from reconcile.tables.tables import Tables, norm, slug

Names = dict[str, set[str]]
Said = TypeVar("Said")
_PERFORMANCE_TIER = re.compile(r"FTDv", re.IGNORECASE)


class Match(Record):
    """`license_id` is None where the step `matched_by` is `unmatched`, `ambiguous` or `legacy`."""

    license_id: str | None = None
    matched_by: str


class Matcher:
    """Finds licenses by what was printed; ids are `tables.slug` of the license's name."""

    def __init__(
        self, tables: Tables, entitlements: Sequence[Entitlement], seen: Iterable[Observation | None] = ()
    ) -> None:
        rows, self._type_of = (*tables.project, *tables.shipped), tables.type_of
        self._labels = {**learned_labels(seen), **tables.labels}
        self._names = {slug(row.license): row.license for row in reversed(rows)}
        self._project = {slug(row.license) for row in tables.project}
        self._project_tags, self._project_labels = _tags(tables.project), _labels(tables.project)
        self._shipped_tags, self._shipped_labels = _tags(tables.shipped), _labels(tables.shipped)
        self._rows = lists_by((slug(row.license), row) for row in rows)
        self._features = lists_by((norm(feature), row) for row in rows for feature in row.features)
        self.printed = cache(self._find)
        """The license that a device printed: by tag, feature, description, and the PIDs of the instance."""
        bought = [(self.bought(entitlement), entitlement) for entitlement in entitlements]
        self._taught_names = sets_by((norm(row.license), found) for found, row in bought)
        self._taught_tags = sets_by((norm(row.entitlement_tag), found) for found, row in bought if row.entitlement_tag)
        for license_id, names in sets_by((found, " ".join(row.license.split())) for found, row in bought).items():
            own = {name for name in names if len(self._taught_names[norm(name)]) == 1}
            if own and license_id not in self._project:
                usual = self._names.get(license_id)
                self._names[license_id] = usual if usual in own else min(own)

        self._contract = sets_by((norm(name), self.named(name)) for name in tables.contract.licenses)

    def name(self, license_id: str) -> str:
        """The license's name: the project's catalogue, else the entitlement files, else the shipped catalogue."""
        return self._names[license_id]

    def bought(self, entitlement: Entitlement) -> str:
        """The id of the license that an entitlement is for: by its tag, then by its name, else its own name."""
        tag, name = norm(entitlement.entitlement_tag or ""), norm(entitlement.license)
        steps = (
            self._project_tags.get(tag),
            self._project_labels.get(tag),
            self._project_labels.get(name),
            self._shipped_tags.get(tag),
            self._by_label_table(tag, {}),
            self._by_label_table(name, {}),
        )
        own = slug(entitlement.license)
        for candidates in filter(None, steps):
            if len(candidates) == 1:
                return next(iter(candidates))
            if own in candidates:
                return own
        self._names.setdefault(own, " ".join(entitlement.license.split()))
        return own

    def named(self, name: str) -> str:
        """The id of the license that a person's file names."""
        return self.bought(Entitlement(license=name))

    def family(self, license_id: str) -> str | None:
        """The product family of a license, as the catalogue says."""
        return self._first(license_id, lambda row: row.family)

    def tier(self, license_id: str) -> str | None:
        """The tier of a license, as the catalogue says; of one that a manager names, its performance tier."""
        return self._first(license_id, lambda row: row.tier or next(filter(_PERFORMANCE_TIER.match, row.models), None))

    def types(self, license_id: str) -> tuple[str, ...]:
        """The license types of managers that a license stands for, each under the first of its names."""
        said = self._first(license_id, lambda row: row.types) or ()
        return tuple(sorted({self._type_of(word) for word in said}))

    def features(self, license_id: str) -> tuple[str, ...]:
        """The short names under which devices print a license."""
        return self._first(license_id, lambda row: row.features) or ()

    def _first(self, license_id: str, said: Callable[[CatalogueRow], Said]) -> Said | None:
        return next((value for row in self._rows.get(license_id, ()) if (value := said(row))), None)

    def _find(
        self, tag: str | None, feature: str | None = None, description: str | None = None, pids: tuple[str, ...] = ()
    ) -> Match:
        for step, candidates in self._steps(norm(tag or ""), feature, description, pids):
            if len(candidates) == 1:
                return Match(license_id=next(iter(candidates)), matched_by=step)
            if candidates:
                return Match(matched_by="ambiguous")
        return Match(matched_by="unmatched")

    def _steps(
        self, tag: str, feature: str | None, description: str | None, pids: tuple[str, ...]
    ) -> Iterator[tuple[str, set[str]]]:
        yield "project-tag", self._project_tags.get(tag, set())
        yield "project-label", self._project_labels.get(tag, set())
        yield "entitlement", self._taught_tags.get(tag, set()) or self._taught_names.get(tag, set())
        yield "shipped-tag", self._shipped_tags.get(tag, set())
        yield "label-table", self._by_label_table(tag, self._taught_tags)
        yield "shipped-catalogue", self._by_feature(feature, description, pids)
        yield "contract", self._contract.get(tag) or self._contract.get(norm(description or ""), set())

    def _by_label_table(self, label: str, taught: Names) -> set[str]:
        """By the tag that the label stands for (project, entitlements, shipped), else by the shipped labels."""
        tag = norm(self._labels.get(label, ""))
        asked = (self._project_tags, taught, self._shipped_tags)
        return next((names[tag] for names in asked if tag in names), self._shipped_labels.get(label, set()))

    def _by_feature(self, feature: str | None, description: str | None, pids: tuple[str, ...]) -> set[str]:
        if not feature or not description:
            return set()
        description, pids = norm(description), tuple(map(norm, pids))
        found = set()
        for row in self._features.get(norm(feature), ()):
            starts = tuple(map(norm, row.models or (row.family or "",)))
            if description in map(norm, (row.license, *row.labels)) and all(pid.startswith(starts) for pid in pids):
                found.add(slug(row.license))
        return found


def learned_labels(seen: Iterable[Observation | None]) -> dict[str, str]:
    """Label to tag, as the estate itself says: a line that prints the full tag describes it by its label.

    A description that stands on several tags teaches nothing.
    """
    said = ((use.description, use.entitlement_tag or "") for each in seen if each for use in each.licenses)
    learned = sets_by((norm(label), tag) for label, tag in said if label and tag.startswith("regid."))
    return {label: next(iter(tags)) for label, tags in learned.items() if len(tags) == 1}


def _tags(rows: Iterable[CatalogueRow]) -> Names:
    return sets_by((norm(tag), slug(row.license)) for row in rows for tag in row.tags if tag.strip())


def _labels(rows: Iterable[CatalogueRow]) -> Names:
    labels = ((label, row) for row in rows for label in (row.license, *row.labels) if label.strip())
    return sets_by((norm(label), slug(row.license)) for label, row in labels)
