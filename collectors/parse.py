"""Text a device printed -> Observation: one output, or all that one host said."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

from collectors import index, json_paths, lines, structured, tables, value_meanings
from collectors.assemble import assemble, assemble_answer, outcome, unclaimed
from collectors.contradictions import contradictions, of_request
from licsweep import platforms
from licsweep.model import Capture, Evidence, ManagedDevice, Observation
from licsweep.platforms import Platform

Refusal = Literal["unauthorized", "unknown-command", "failed"]
_REFUSAL_LINES = 5
_REFUSAL_CHARACTERS = 2000
_OWN = {"hostname", "platform", "captured_at", "outcome", "complete", "contradictions", "evidence", "unclaimed_lines"}
_SAID = tuple(field.name for field in fields(Observation) if field.name not in _OWN)


def parse_text(
    text: str,
    platform: str,
    command: str | None = None,
    *,
    captured_at: datetime | None = None,
    timezone: str | None = None,
) -> Observation:
    """What one output says; `command` None leaves it to the echo, or to the text, to say which it is.

    `timezone` (an IANA name or +05:30) decides an ambiguous abbreviation. UsageError: a platform, command or time
    zone that nobody knows; InputError: an output out of bounds. Any other text reads as something, if only as
    `complete` false with every line unclaimed.
    """
    return replace(_parse([(command, text)], platform, timezone), captured_at=captured_at)


def _parse(pages: Sequence[tuple[str | None, str]], platform: str, timezone: str | None) -> Observation:
    """One output, or the pages of one REST answer."""
    zone = value_meanings.local_zone(timezone)
    command, text = pages[0]
    printed = lines.printed(text)
    found = json_paths.leaves(text)
    form = index.find(platform, command, json_paths.paths(found)) if found else None
    if form is not None and form.tables:
        commands = [command or form.command for command, _ in pages]
        leaves = json_paths.of_pages([text for _, text in pages], form.root)
        return assemble_answer(form, list(zip(commands, leaves, strict=True)), zone)
    rows = structured.flattened(printed.lines)
    form = index.find(platform, command, rows, printed.echo)
    if form is not None:
        cut_json = bool(rows) and rows[0].text.startswith("{")  # or something stands behind it
        if cut_json or lines.filters(command or ""):
            printed = printed._replace(held_back=True)
        return assemble(form, rows, printed, zone, asked=bool(command or printed.echo))
    return Observation(
        platform=platform,
        outcome="unparsed",
        complete=False,
        unclaimed_lines=unclaimed(command or "", printed.lines),
    )


def recognize_platform(text: str) -> str | None:
    """The one platform that a text is of; None where several are possible, or none."""
    found = platform_candidates(text)
    return found[0] if len(found) == 1 else None


def platform_candidates(*texts: str) -> tuple[str, ...]:
    """The platforms that all texts of one host may be of, by forms, prompts, product ids and names of licenses.

    () where nothing tells. Where texts contradict each other, it is the platforms that they name.
    """
    told: list[set[str]] = []
    hints: list[set[str]] = []
    for text in texts:
        said, paths = structured.flattened(lines.printed(text).lines), json_paths.paths(json_paths.leaves(text))
        raw = [line.rstrip() for line in text.split("\n") if len(line) <= lines.MAX_WIDTH]
        told.append({form.platform for form in index.forms() if index.fits(form, paths if form.tables else said)})
        for sign, means, hint in _signs():
            if any(sign.search(line) for line in raw):
                (hints if hint else told).append(means)
    told = [one for one in told if one]
    found = set.intersection(*told) if told else set()
    if told and not found:
        found = set.union(*([one for one in told if len(one) == 1] or told))
        hints = []
    for means in hints:
        found = found & means or found
    return tuple(sorted(found))


@lru_cache(maxsize=1)
def _signs() -> tuple[tuple[re.Pattern[str], set[str], bool], ...]:
    rows = value_meanings.book()["signs"]
    return tuple((re.compile(row["pattern"], re.ASCII), set(row["means"]), row.get("hint", False)) for row in rows)


@lru_cache(maxsize=1)
def _refusals() -> tuple[tuple[re.Pattern[str], Refusal], ...]:
    return tuple((re.compile(row["pattern"], re.IGNORECASE), row["means"]) for row in value_meanings.book()["refusals"])


def refusal(text: str, platform: str) -> Refusal | None:  # noqa: ARG001 (the words are the same everywhere so far)
    """Whether an output is the device saying no, and why; an output of more than five lines never is."""
    if len(text) > _REFUSAL_CHARACTERS:
        return None
    said = lines.printed(text).lines
    if len(said) > _REFUSAL_LINES:
        return None
    found = (means for pattern, means in _refusals() for line in said if pattern.search(line.text.strip()))
    return next(found, None)


def prepare(names: Collection[str]) -> None:
    """Loads what reading the texts of these platforms takes, once, before threads and processes would each do it."""
    value_meanings.book()
    for form in (form for name in names for form in index.forms_of(name)):
        for table in (*form.tables, *(table for section in form.sections for table in section.tables)):
            tables.compiled(table)


def observe(captures: Sequence[Capture], platform: str, *, hostname: str, timezone: str | None = None) -> Observation:
    """All that one host said, in one observation under the name of the inventory.

    A field comes from the first command, in the platform's order, that states it; identification alone
    (`show version`) comes last, and a command that no template reads is passed over. A list comes whole from one
    command, so that no license counts twice. `outcome`: ok, partial, unparsed, unsupported (the release has no such
    command) or refused (not authorized). InputError: an output out of bounds.
    """
    plan = platforms.get(platform)
    given: dict[str, list[tuple[str | None, str]]] = {}
    for capture in captures:
        name = index.answer_name(platform, capture.command)
        if name is not None:
            earlier = given.get(name, []) if name != capture.command else []
            given[name] = [*earlier, (capture.command, capture.text)]
    refused = {name: refusal(pages[-1][1], platform) for name, pages in given.items()}
    read = {name: _parse(given[name], platform, timezone) for name in _order(plan, given) if not refused[name]}
    merged, proofs = _merge(list(read.values()))
    differing, lines_of_both = contradictions(list(read.values()))
    merged |= _own_role(merged, [hostname, *(one.hostname for one in read.values() if one.hostname)])
    # A subscriber need not know the licenses, which are its publisher's: what tells its role is enough.
    required = () if merged.get("node_role") == "subscriber" else plan.required
    evidence, complete = proofs + lines_of_both, _complete(required, read, refused)
    whole = Observation(
        **merged,
        contradictions=differing,
        evidence=evidence,
        unclaimed_lines=tuple(line for one in read.values() for line in one.unclaimed_lines),
        hostname=hostname,
        platform=platform,
        captured_at=min((capture.started_at for capture in captures), default=None),
        complete=complete,
        outcome=_outcome(evidence, [refused.get(name) for name in plan.required], complete=complete),
    )
    return replace(whole, outcome="unsupported") if too_old(whole) else whole


def too_old(seen: Observation) -> str:
    """Why a release is not supported; "" where nothing says so."""
    since = platforms.get(seen.platform or "").supported_from
    if not since or not seen.release or index.version(seen.release) >= index.version(since):
        return ""
    return f"release {seen.release} is older than {since}, the first one that is read"


def _complete(required: Sequence[str], read: Mapping[str, Observation], refused: Mapping[str, Refusal | None]) -> bool:
    """Every required command answered whole; others too, where they said anything; all texts that list licenses agree.

    A release that does not know a license command may list its licenses with another (activation keys); such a list
    beside one of Smart Licensing is of other licenses. HTTPS may list what a CLI refuses; nothing stands in for a role.
    """
    counted = [one for name, one in read.items() if name in required or one.evidence]
    listing = [one for one in read.values() if one.licenses]
    texts = [one for one in listing if not of_request(one)]
    listed = {_counts(one) for one in texts if one.licensing_model != "pak"} or {_counts(one) for one in texts}
    over_https = any(of_request(one) for one in listing)
    told = {None: False, "unknown-command": bool(listing), "unauthorized": over_https, "failed": over_https}
    answered = all(name in read or ("license" in name.lower() and told[refused.get(name)]) for name in required)
    return answered and all(one.complete for one in counted) and len(listed) <= 1


def _counts(one: Observation) -> tuple[int, ...]:
    """What two commands must agree on: names are cut and tags differ by command, and not all list what is not used."""
    return tuple(sorted(-1 if use.count is None else use.count for use in one.licenses if use.count != 0))


def _order(plan: Platform, given: Iterable[str]) -> list[str]:
    places = {name: place for place, name in enumerate(plan.lines)}
    return sorted(given, key=lambda name: (name == plan.identity_command, places.get(name, len(places))))


def _outcome(evidence: Sequence[Evidence], refused: Sequence[Refusal | None], *, complete: bool) -> Any:
    something, ended = outcome(evidence, complete=complete)
    if something or not any(refused):
        return ended
    return "unsupported" if {*refused} <= {None, "unknown-command"} else "refused"


def _merge(read: Sequence[Observation]) -> tuple[dict[str, Any], tuple[Evidence, ...]]:
    """The fields that the outputs of one host state, and what proves them."""
    values: dict[str, Any] = {}
    proofs: list[Evidence] = []
    for one in read:
        taken, evidence = set(), one.evidence
        for name in _SAID:
            mine, theirs = values.get(name), getattr(one, name)
            if theirs is None or theirs == ():
                continue
            if mine is None:
                values[name] = theirs
                taken.add(name)
            elif name == "udis" and len(mine) == len(theirs) == 1:
                values[name] = (_filled(mine[0], theirs[0]),)
            elif name == "managed_devices":
                values[name], places = _joined(mine, theirs)
                evidence = tuple(_moved(item, places) for item in evidence)
                taken.add(name)
        proofs += [item for item in evidence if item.field.partition(".")[0].partition("[")[0] in taken]
    return values, tuple(proofs)


def _own_role(said: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The role of the node that was asked, where its list of members alone tells it, by its name."""
    short = {name.lower().split(".")[0] for name in names}
    roles = {one.node_role for one in said.get("members", ()) if (one.hostname or "").lower().split(".")[0] in short}
    role = roles.pop() if len(roles) == 1 else None
    if role in ("publisher", "subscriber"):
        return {"node_role": said.get("node_role") or role}
    return {"ha_role": said.get("ha_role") or role} if role in ("active", "standby") else {}


def _filled(mine: Any, theirs: Any) -> Any:
    """The same record, its gaps filled."""
    gaps = {field.name for field in fields(mine) if getattr(mine, field.name) in (None, ())}
    return replace(mine, **{name: getattr(theirs, name) for name in gaps})


def _joined(
    mine: Sequence[ManagedDevice], theirs: Sequence[ManagedDevice]
) -> tuple[tuple[ManagedDevice, ...], list[int]]:
    """Two lists of a manager's devices as one, joined by the manager's id, else by name; and where theirs went.

    A device has the license types of both: one license has several names, and the catalogue joins them.
    """
    joined, places = list(mine), []
    at = {name: place for place, one in enumerate(mine) for name in (one.hostname, one.uid) if name}
    for one in theirs:
        place = at.get(one.uid or "", at.get(one.hostname or "", len(joined)))
        places.append(place)
        if place < len(joined):
            types = tuple(dict.fromkeys((*joined[place].license_types, *one.license_types)))
            joined[place] = replace(_filled(joined[place], one), license_types=types)
        else:
            joined.append(one)
        at |= {name: place for name in (one.hostname, one.uid) if name}
    return tuple(joined), places


def _moved(item: Evidence, places: Sequence[int]) -> Evidence:
    """Evidence of a device under the place that it went to."""
    return replace(item, field=re.sub(r"(?<=^managed_devices\[)\d+", lambda old: str(places[int(old[0])]), item.field))
