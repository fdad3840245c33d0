"""Who takes a box's usage to CSSM: the box itself, CSLU, an On-Prem server or a controller."""

import re
from functools import lru_cache
from typing import Literal

from licsweep.model import Observation
from reconcile.instances.status_sets import LEGACY_MODELS
from reconcile.tables.rows import OnpremServer, Reporter, ReporterRow
from reconcile.tables.tables import Tables, norm

CONTROLLERS: dict[str, Reporter] = {"sd-wan-manager": "sd-wan-manager", "catalyst-center": "catalyst-center"}
"""Managers that report for their boxes."""


def controller_of(seen: Observation) -> Reporter | None:
    """The controller that reports for a box."""
    if seen.operating_mode == "controller-managed":
        return "sd-wan-manager"
    return CONTROLLERS.get(seen.manager.kind or "") if seen.manager else None


def reported_by(seen: Observation | None, tables: Tables) -> Reporter | None:
    """Who takes the box's usage to CSSM; None where nothing does or nothing is known."""
    if seen is None or seen.licensing_model in (*LEGACY_MODELS, "none"):
        return None
    found = controller_of(seen) or speaks_to(seen, tables)
    return "device" if found in (None, "cssm") else found  # type: ignore[return-value]


def leads_to(seen: Observation, server: OnpremServer) -> bool:
    """True where the box's transport names this On-Prem server."""
    return norm(server.name) in norm(f"{seen.cslu_address or ''} {seen.transport_url or ''}")


def speaks_to(seen: Observation, tables: Tables) -> Reporter | Literal["cssm"] | None:
    """What the box's transport leads to: `cssm` for CSSM itself; None where it does not say."""
    url = seen.cslu_address or seen.transport_url or ""
    return _by_url(url, tables.reporters) or ("cslu" if seen.transport_type == "cslu" else None)


@lru_cache(maxsize=10_000)
def _by_url(url: str, rows: tuple[ReporterRow, ...]) -> Reporter | Literal["cssm"] | None:
    return next((row.reported_by for row in rows if re.search(row.url, url, re.IGNORECASE)), None)
