"""Host keys of the selected hosts: what they show now, compared with what is known."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from licsweep.access.hostkeys import KnownHosts, Scanned
from licsweep.access.jump import JumpHosts, ask_on_terminal
from licsweep.access.login import Login
from licsweep.errors import LicsweepError
from licsweep.estate import credentials as creds
from licsweep.estate import inventory as inv
from licsweep.estate.selection import Selection, select
from licsweep.settings import Project
from licsweep.sweep.plan import login_to


def scan(project: Project, selection: Selection) -> list[Scanned | LicsweepError]:
    """The key of each selected host and of the jump hosts before it, with its state (new, known, changed, revoked), or
    why it could not be had. Nobody logs in but to the jump hosts that are passed, whose keys must be known."""
    inventory = inv.load(project)
    selected = [target for target in select(inventory, selection) if "ssh" in target.ways()]
    behind = [target for target in selected if target.jump]
    targets = {hop.name: hop for target in behind for hop in inventory.hops(target)}
    targets |= {target.name: target for target in selected}
    found = creds.find_all(project, inventory, behind) if behind else {}
    jump_hosts = JumpHosts(KnownHosts(project.known_hosts), project.settings.connect_timeout, ask_code=ask_on_terminal)

    def one(target: inv.Target) -> Scanned | LicsweepError:
        if target.jump:
            login = login_to(project, target, found, inventory.hops(target))
            return jump_hosts.scan(target.name, replace(login, port=target.port))
        login = Login(address=target.address, port=target.port, username="", legacy_ssh=target.legacy_ssh)
        return jump_hosts.scan(target.name, login)

    try:
        with ThreadPoolExecutor(max_workers=project.settings.workers) as pool:
            return list(pool.map(one, targets.values()))
    finally:
        jump_hosts.close()
