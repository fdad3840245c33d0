"""Host keys of the selected hosts: what they show now, compared with what is known."""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from licsweep.errors import LicsweepError
from licsweep.estate import inventory as inv
from licsweep.estate.selection import Selection, select
from licsweep.settings import Project

if TYPE_CHECKING:
    from licsweep.access.hostkeys import Scanned


def scan(project: Project, selection: Selection) -> "list[Scanned | LicsweepError]":
    """Each selected host's key with its state (new, known, changed), or why it could not be had; nobody logs in."""
    from licsweep.access import hostkeys

    known = hostkeys.KnownHosts(project.known_hosts)
    targets = select(inv.load(project), selection)
    timeout = project.settings.connect_timeout
    with ThreadPoolExecutor(max_workers=project.settings.workers) as pool:
        return list(pool.map(lambda t: hostkeys.scan(t.name, t.address, t.port, known, timeout), targets))
