"""Collaboration clusters: what the publisher says counts, so it must be swept."""

from collections.abc import Iterator

from reconcile.findings.raised import RaisedFinding, cited, instance_subject
from reconcile.judgement_context import JudgementContext
from reconcile.tables.tables import norm


def missing_publishers(judged: JudgementContext) -> Iterator[RaisedFinding]:
    """`not-in-inventory`: the publisher of a swept subscriber, where no host is called so."""
    swept = {norm(state.hostname).split(".")[0] for state in judged.given.states}
    for case in judged.instances:
        seen = case.unit.observation
        if seen is None or seen.node_role != "subscriber":
            continue
        for place, node in enumerate(seen.members):
            if node.node_role == "publisher" and node.hostname and norm(node.hostname).split(".")[0] not in swept:
                counted = f"counted as {seen.hostname} prints them" if seen.licenses else "in no figure"
                message = (
                    f"it is the publisher of the cluster of {seen.hostname}, at {node.address}, and no host of the "
                    f"inventory is called so: the licenses of the cluster are {counted}"
                )
                subject, lines = instance_subject(node.hostname), cited(case.unit, f"members[{place}]")
                yield RaisedFinding("not-in-inventory", subject, message, lines)
