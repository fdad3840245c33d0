"""Why two names meet: what stands for a license in the catalogue, in the entitlement files and on the boxes."""

import shlex
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from typing import Literal

from licsweep.errors import UsageError
from licsweep.model import Record
from licsweep.position_types import Entitlement, Use
from reconcile.grouping import lists_by
from reconcile.judgement_input import JudgementInput
from reconcile.licenses.matching import Matcher
from reconcile.tables.rows import CatalogueRow
from reconcile.tables.tables import norm, shipped_file, slug

NEAR = 3
Kind = Literal["catalogue", "feature", "label", "entitlement", "printed"]


class LicenseName(Record):
    """One name of a license, how it comes to the license, and where it stands (file and row, or host and line)."""

    license: str | None
    kind: Kind
    name: str | None
    tag: str | None
    why: str
    where: str | None
    count: int | None = None


def license_names(asked: str, given: JudgementInput, uses: Sequence[Use]) -> tuple[LicenseName, ...]:
    """Every name of each license that `asked` (name, tag, label or feature) can mean, by license.

    A feature name (`network-advantage`) stands for many licenses: those that boxes print under it are meant, else all.
    Raises UsageError for a name that neither a table nor a file nor a box knows.
    """
    names = list(_names(given, uses))
    wanted = norm(asked)
    answers = [one for one in names if wanted in map(norm, filter(None, (one.license, one.name, one.tag)))]
    meant = {one.license for one in answers if one.kind != "feature"} or {one.license for one in answers}
    if not meant:
        known = {text: text for one in names for text in (one.license, one.name, one.tag) if text}
        near = get_close_matches(asked, known, n=NEAR)
        hint = f"licsweep entitlements explain {shlex.quote(near[0])}" if near else "licsweep entitlements list"
        raise UsageError(f"{asked}: no such license", why="no table, entitlement file or box knows it", hint=hint)
    found = [one for one in names if one.license in meant and (one.license or one in answers)]
    return tuple(sorted(found, key=lambda one: (one.license is None, one.license or "")))


def _step(name: str) -> str:
    words: dict[str, str] = shipped_file("steps", dict[str, str])
    return words.get(name, name)


def _names(given: JudgementInput, uses: Iterable[Use]) -> Iterator[LicenseName]:
    tables = given.tables
    matcher = Matcher(tables, given.entitlements, (state.observation for state in given.states))
    by_id = lists_by((slug(row.license), row) for row in (*tables.project, *tables.shipped))
    yield from _of_catalogue(tables.project, "catalogue.yaml")
    yield from _of_catalogue(tables.shipped, "shipped catalogue")
    tags = {norm(tag): row.license for row in (*tables.shipped, *tables.project) for tag in row.tags}
    for label, tag in tables.labels.items():
        if norm(tag) in tags:
            yield LicenseName(
                license=tags[norm(tag)],
                kind="label",
                name=label,
                tag=tag,
                why=_step("label-table"),
                where="labels.yaml",
            )
    for entitlement in given.entitlements:
        license_id = matcher.bought(entitlement)
        yield _of_entitlement(entitlement, matcher.name(license_id), by_id.get(license_id, []))
    yield from _printed(uses)


def _of_catalogue(rows: Iterable[CatalogueRow], where: str) -> Iterator[LicenseName]:
    for row in rows:
        source = ", ".join(filter(None, (where, row.source, row.confidence)))
        said: list[tuple[Kind, str | None, str | None, str]] = [("catalogue", row.license, None, "its name")]
        said += [("catalogue", None, tag, "its tag") for tag in row.tags]
        said += [("catalogue", label, None, "its label, as devices print it") for label in row.labels]
        said += [("feature", name, None, "its short name, with description and family") for name in row.features]
        for kind, name, tag, why in said:
            yield LicenseName(license=row.license, kind=kind, name=name, tag=tag, why=why, where=source)


def _of_entitlement(entitlement: Entitlement, license_name: str, rows: Iterable[CatalogueRow]) -> LicenseName:
    tag, name = norm(entitlement.entitlement_tag or ""), norm(entitlement.license)
    if tag and any(tag in map(norm, (*row.tags, *row.labels)) for row in rows):
        why = "its tag is one of the catalogue's"
    elif slug(entitlement.license) == slug(license_name):
        why = "it has the license's name"
    elif any(name in map(norm, row.labels) for row in rows):
        why = "its name is a label of the catalogue's"
    else:
        why = _step("label-table")
    return LicenseName(
        license=license_name,
        kind="entitlement",
        name=entitlement.license,
        tag=entitlement.entitlement_tag,
        why=why,
        where=f"{entitlement.source_file or 'no file known'}, row {entitlement.source_row or 'not known'}",
        count=sum(term.quantity for term in entitlement.terms),
    )


def _printed(uses: Iterable[Use]) -> Iterator[LicenseName]:
    """What boxes print, one row for all boxes that print the same; the place is that of the first."""
    groups = lists_by(((use.license, use.name, use.entitlement_tag, use.matched_by), use) for use in uses)
    for (license_name, name, tag, step), lines in groups.items():
        first = lines[0]
        more = f" and {len(lines) - 1} lines more" if len(lines) > 1 else ""
        place = first.path or f"line {first.line or 'not known'}"
        yield LicenseName(
            license=license_name,
            kind="printed",
            name=name,
            tag=tag,
            why=_step(step),
            where=f"{first.capture or first.hostname}, {place}{more}",
            count=sum(use.count or 0 for use in lines),
        )
