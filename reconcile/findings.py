"""The findings that judgement can raise: one table, from which `explain` and docs/findings.md are made.

Codes and slugs are stable. A code is the slug's place in the list of docs/judgement.md, so that numbers have gaps.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from licsweep.judged import Finding, FindingEvidence, Severity, Subject


@dataclass(frozen=True, slots=True)
class FindingKind:
    """One kind of finding: what it means, why it arises, what to do."""

    code: str
    slug: str
    severity: Severity
    meaning: str
    cause: str
    remedy: str


KINDS: tuple[FindingKind, ...] = (
    FindingKind(
        "LF001",
        "shortage",
        "error",
        "A virtual account uses more of a licence than it owns.",
        "Growth, an expired term, licences bought into another virtual account, or boxes reporting to the wrong one.",
        "Move licences from a virtual account with a surplus, release what is not needed, or buy the shortfall.",
    ),
    FindingKind(
        "LF002",
        "below-buffer",
        "warning",
        "A virtual account owns enough, but less than its use and the buffer together.",
        "The reserve for growth has been used up.",
        "Plan a transfer or a purchase before the next devices are added.",
    ),
    FindingKind(
        "LF003",
        "covered-by-substitution",
        "info",
        "A virtual account uses more of a licence than it owns; a higher licence of the same account covers it.",
        "The lower tier was not bought, or the higher tier was bought for it.",
        "Nothing now: know that the higher licence is not free for its own use, and correct it with the next purchase.",
    ),
    FindingKind(
        "LF004",
        "unused-pool",
        "info",
        "Licences are owned in a virtual account where nothing uses them.",
        "Bought ahead, bought into the wrong virtual account, or the devices have not been swept.",
        "Check the sweep's coverage, then move the licences where they are short.",
    ),
    FindingKind(
        "LF005",
        "unmatched-license",
        "warning",
        "A device uses a licence that no catalogue and no entitlement file knows. Its count is in no pool.",
        "A new or renamed tag, or an export that does not carry entitlement tags.",
        "Add the printed tag or label to catalogue.yaml, or the tag to the entitlement file.",
    ),
    FindingKind(
        "LF006",
        "ambiguous-license",
        "warning",
        "What a device prints could be more than one licence. Its count is in no pool.",
        "Two rows of the catalogue or of the entitlement files claim the same tag or label.",
        "Leave the tag or label with one licence in catalogue.yaml.",
    ),
    FindingKind(
        "LF007",
        "false-shortage",
        "warning",
        "A virtual account is short of licences that other virtual accounts of its smart account have to spare.",
        "Licences were bought into another virtual account, or boxes report to the wrong one.",
        "Do the transfers of `report transfers`, or move the product instances; buy nothing.",
    ),
    FindingKind(
        "LF008",
        "shortage-of-smart-account",
        "error",
        "A smart account is short of a licence, and no transfer between its virtual accounts closes it.",
        "More is used than was bought, or the surplus stands in buffers and in other smart accounts.",
        "Buy the shortfall, release what is not needed, or lower the buffers of the lenders.",
    ),
    FindingKind(
        "LF009",
        "term-ending-causes-shortage",
        "warning",
        "A term that ends within 90 days leaves a virtual account short of what it uses today.",
        "A subscription is about to end and no renewal is recorded.",
        "Renew the subscription, or import the entitlement that follows it.",
    ),
    FindingKind(
        "LF010",
        "duplicate-inventory-entry",
        "warning",
        "Several inventory entries are one product instance: their UDIs overlap. The newest capture counts.",
        "A box is listed under two names or addresses.",
        "Remove all but one of the entries from the inventory.",
    ),
    FindingKind(
        "LF011",
        "account-mismatch",
        "warning",
        "Device, CSSM and inventory name different accounts. The device counts first, then CSSM, then the inventory.",
        "The box was registered with a token of another virtual account, or the inventory is out of date.",
        "Move the product instance in CSSM, or correct the inventory.",
    ),
    FindingKind(
        "LF012",
        "ghost-in-cssm",
        "warning",
        "CSSM lists a product instance that is not in the estate. It goes on using licences there.",
        "A box was taken away without being removed from CSSM, or it is missing in the inventory.",
        "Find the box; if it is gone, remove the product instance in CSSM.",
    ),
    FindingKind(
        "LF013",
        "not-in-cssm",
        "warning",
        "A box has reported, but CSSM's export of its account does not list it.",
        "It was removed in CSSM, reports to another smart account, or its report was not taken.",
        "Look for its serial in CSSM's other accounts, then send its report again.",
    ),
    FindingKind(
        "LF014",
        "replaced-serial",
        "warning",
        "CSSM still lists the old serial of a box that was replaced. Both use licences there.",
        "A box or stack member was exchanged without removing the old product instance.",
        "Remove the old product instance in CSSM.",
    ),
    FindingKind(
        "LF015",
        "tier-pairing",
        "warning",
        "Licences in use on one box do not pair: an add-on without the base licence that it needs, or of another tier.",
        "A licence level was changed without its add-on, or a configuration waits for a reload.",
        "Set licence level and add-on to one tier; what is said to be reviewed is allowed but unusual.",
    ),
    FindingKind(
        "LF016",
        "tier-mismatch",
        "warning",
        "A product family is deployed at another tier than was bought: one tier is short while the other lies unused.",
        "Boxes run their default level, or another tier was ordered.",
        "Change the level of the boxes, or have the purchase converted.",
    ),
    FindingKind(
        "LF017",
        "instance-out-of-compliance",
        "error",
        "CSSM told the device that its virtual account is short, or that a reservation lacks a licence in use.",
        "A shortage in the virtual account, or an SLR code without the licence.",
        "Close the shortage; the device renews its authorization within 12 hours.",
    ),
    FindingKind(
        "LF018",
        "evaluation",
        "warning",
        "A device uses licences in evaluation. They are counted apart and are not owned.",
        "The device has not been registered.",
        "Register the device before the evaluation ends.",
    ),
    FindingKind(
        "LF019",
        "evaluation-expired",
        "error",
        "The evaluation period of a device has ended.",
        "The device has not been registered within 90 days of use.",
        "Register the device now.",
    ),
    FindingKind(
        "LF020",
        "unregistered",
        "warning",
        "A device that needs a registration is not registered with CSSM.",
        "No token was used, registration failed, or it is still being tried.",
        "Read the failure reason in `show HOST`, then register with a valid token.",
    ),
    FindingKind(
        "LF021",
        "authorization-expired",
        "error",
        "The authorization of a device has expired: it has not reached CSSM for 90 days.",
        "Its path to CSSM or to On-Prem is broken.",
        "Repair the transport, then renew the authorization.",
    ),
    FindingKind(
        "LF022",
        "registration-expired",
        "error",
        "The registration of a device has expired: it has not reached CSSM for a year.",
        "Its path to CSSM or to On-Prem is broken.",
        "Repair the transport, then register again.",
    ),
    FindingKind(
        "LF023",
        "unidentified",
        "warning",
        "A device is neither registered nor in evaluation: CSSM does not know what it uses.",
        "It was never registered, or has been removed from its account.",
        "Register the device.",
    ),
    FindingKind(
        "LF024",
        "no-licenses-in-use",
        "info",
        "A registered device uses no licence.",
        "No licensed feature is configured.",
        "Nothing to do, unless a licence was expected here.",
    ),
    FindingKind(
        "LF025",
        "report-due",
        "warning",
        "An acknowledged usage report is due soon.",
        "The policy's reporting interval is about to end.",
        "Send the report and import its ACK before the deadline.",
    ),
    FindingKind(
        "LF026",
        "report-overdue",
        "error",
        "The deadline for an acknowledged usage report has passed.",
        "No report was sent, or its ACK never came back to the device.",
        "Send the report now, then import the ACK on the device.",
    ),
    FindingKind(
        "LF027",
        "never-reported",
        "warning",
        "A device has never had an ACK for a usage report; its first deadline is further away.",
        "A new device, or one without a path to CSSM.",
        "Plan its first report.",
    ),
    FindingKind(
        "LF028",
        "service-affecting-deadline",
        "critical",
        "Service stops on this box when its deadline passes or its overage lasts.",
        "The release (voice) or the product (collaboration) enforces what others only log.",
        "Report or close the overage before everything else; then move to a release that does not stop service.",
    ),
    FindingKind(
        "LF029",
        "clock-disagreement",
        "info",
        "The deadline that a device prints and the one that its policy gives differ by more than a day.",
        "A policy was installed after first use, the clock was wrong, or first use is not known exactly.",
        "Nothing to do: the device's own deadline counts.",
    ),
    FindingKind(
        "LF030",
        "purged-reports",
        "warning",
        "A box has purged usage reports. What was not acknowledged before is lost to CSSM.",
        "It could not report for a long time, and its storage for reports was full.",
        "Repair its reporting; keep the observations as the record of its use.",
    ),
    FindingKind(
        "LF031",
        "broken-transport",
        "error",
        "A box can't reach CSSM, CSLU or On-Prem: an exchange failed, or it lacks the trust code its transport needs.",
        "A route, proxy, name, certificate or VRF is wrong, or no trust token was used.",
        "Read the reason, test the path from the box, then synchronise again.",
    ),
    FindingKind(
        "LF032",
        "export-without-authorization",
        "error",
        "A box uses an export-controlled licence without an authorization code for all of it.",
        "The code (SLAC) was never requested, was returned, or covers fewer units.",
        "Request and install an authorization code for the box.",
    ),
    FindingKind(
        "LF033",
        "license-state-unknown",
        "warning",
        "A device prints a licence whose state or count is not known. A count with an unknown state is counted as use.",
        "A word that licsweep does not know, or an output in an unusual form.",
        "Look at the line; if it is regular, report the word so that it can be added.",
    ),
    FindingKind(
        "LF034",
        "legacy-licensing",
        "info",
        "A device holds licences that CSSM does not see (PAK, RTU, activation keys, licences without a tag).",
        "The release or the feature is older than Smart Licensing.",
        "Keep the proof of purchase; no pool is charged.",
    ),
    FindingKind(
        "LF035",
        "wrong-product-family",
        "warning",
        "A product family is used or owned in a virtual account that is for others.",
        "A token of another virtual account was used, or an order was booked into the wrong one.",
        "Move the product instance or the licences to the virtual account that is for this family.",
    ),
    FindingKind(
        "LF036",
        "fragmentation",
        "info",
        "One licence is spread over many virtual accounts in small amounts, so that reserves can't be shared.",
        "A virtual account was made for every site or order.",
        "Join virtual accounts that have one owner.",
    ),
    FindingKind(
        "LF037",
        "too-broad",
        "info",
        "One virtual account takes in many product families, so that nobody in particular owns its balance.",
        "Everything is registered with one token.",
        "Part it by owner or product family, and write down what each is for in accounts.yaml.",
    ),
    FindingKind(
        "LF041",
        "onprem-stale",
        "warning",
        "An On-Prem server has not synchronised with CSSM for long. CSSM's figures of its boxes are that old.",
        "The synchronisation is not scheduled, fails, or is done by hand.",
        "Synchronise the server, by network or by file.",
    ),
    FindingKind(
        "LF042",
        "onprem-too-old",
        "warning",
        "An On-Prem server is too old to take the reports of Smart Licensing Using Policy.",
        "It has not been upgraded.",
        "Upgrade the server before boxes behind it change to Smart Licensing Using Policy.",
    ),
    FindingKind(
        "LF046",
        "stale-capture",
        "warning",
        "The last good answer of a device is older than 48 hours. Its last counts are still part of every figure.",
        "The device has not answered, or has not been swept.",
        "Sweep it again; `snapshots` says how its last tries ended.",
    ),
    FindingKind(
        "LF047",
        "parser-drift",
        "warning",
        "An output was cut off, or holds lines that no template knows. What could be read is counted.",
        "A new release, or a session that ended early.",
        "Sweep again; if the lines stay, report them so that the template can be extended.",
    ),
    FindingKind(
        "LF048",
        "release-too-old",
        "info",
        "A box runs a release without Smart Licensing Using Policy, or one that does not trust CSSM's certificate.",
        "It has not been upgraded.",
        "Plan the upgrade to the release named; `report transition` has the order of work.",
    ),
    FindingKind(
        "LF049",
        "manager-out-of-sync",
        "warning",
        "A manager and a box do not say the same of each other. The licences that the manager counts may be wrong.",
        "The box was moved, replaced or upgraded without the manager, or its registration broke.",
        "Bring the manager up to date; remove boxes that it no longer manages.",
    ),
    FindingKind(
        "LF050",
        "waiver-expired",
        "warning",
        "The date until which a finding was accepted has passed.",
        "Nobody renewed the waiver or dealt with the finding.",
        "Deal with the finding, or agree on a new date in waivers.yaml.",
    ),
    FindingKind(
        "LF051",
        "clock-unsynchronised",
        "warning",
        "The clock of a box is not synchronised. Every date that it prints is suspect.",
        "No NTP server is configured or reachable.",
        "Configure NTP on the box.",
    ),
)
_WORST_FIRST: tuple[Severity, ...] = ("critical", "error", "warning", "info")
_BY_NAME = {name: kind for kind in KINDS for name in (kind.code, kind.slug)}


def explain(code_or_slug: str) -> FindingKind | None:
    """The kind of a code (`LF001`, in any case) or slug (`shortage`); None where there is no such kind."""
    return _BY_NAME.get(code_or_slug.upper()) or _BY_NAME.get(code_or_slug.lower())


def as_markdown() -> str:
    """docs/findings.md: every kind with its meaning, cause and remedy."""
    parts = [
        "# Findings\n\nMade from the table in `reconcile/findings.py`; `licsweep explain CODE` prints one of them.\n"
    ]
    for kind in KINDS:
        parts.append(
            f"\n## {kind.code} {kind.slug} ({kind.severity})\n\n{kind.meaning}\n\n"
            f"- Cause: {kind.cause}\n- Remedy: {kind.remedy}\n"
        )
    return "".join(parts)


class Raised:
    """The findings of one judgement: at most one for a subject and slug."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, Subject], Finding] = {}

    def add(
        self,
        slug: str,
        subject: Subject,
        message: str,
        evidence: Iterable[FindingEvidence] = (),
        *,
        severity: Severity | None = None,
    ) -> None:
        """Adds a finding, or what it says to the one of that slug and subject; the kind's severity by default."""
        kind = _BY_NAME[slug]
        made = Finding(
            code=kind.code,
            name=kind.slug,
            severity=severity or kind.severity,
            subject=subject,
            message=message,
            evidence=tuple(evidence),
            advice=kind.remedy,
        )
        before = self._found.get((slug, subject))
        if before:
            worst = min(before.severity, made.severity, key=_WORST_FIRST.index)
            message = before.message if message in before.message else f"{before.message}; {message}"
            made = replace(before, severity=worst, message=message, evidence=(*before.evidence, *made.evidence))
        self._found[slug, subject] = made

    def in_order(self) -> tuple[Finding, ...]:
        """Worst first, then by code and subject."""

        def place(finding: Finding) -> tuple[int, str, str, str]:
            return _WORST_FIRST.index(finding.severity), finding.code, finding.subject.kind, finding.subject.id

        return tuple(sorted(self._found.values(), key=place))
