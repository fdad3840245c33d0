"""Who a text is from, where nobody was dialled."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from licsweep.errors import InputError
from licsweep.estate import inventory as inv
from licsweep.settings import Project

if TYPE_CHECKING:
    from nornir.core.inventory import Inventory


def inventory_of(project: Project) -> "Inventory | None":
    """The inventory, where the project has one."""
    return inv.load(project.inventory) if (project.inventory / "hosts.yaml").is_file() else None


def target_of(
    hostname: str, texts: Iterable[str], inventory: "Inventory | None", platform: str | None = None
) -> inv.Target:
    """The host with its platform: from the inventory (unless that says `auto`), else `platform`, else recognized from
    its texts.

    Raises InputError where nothing tells.
    """
    from collectors import parse

    listed = inv.target(inventory.hosts[hostname]) if inventory and hostname in inventory.hosts else None
    if listed and listed.platform != inv.AUTO:
        return listed
    platform = platform or next(filter(None, map(parse.recognize_platform, texts)), None)
    if platform is None:
        raise InputError(
            f"{hostname}: the platform can't be recognized",
            why="the inventory does not say it and no text tells",
            hint="name its platform in inventory/hosts.yaml, or with --platform",
        )
    if listed:
        return replace(listed, platform=platform)
    return inv.Target(
        name=hostname, address=hostname, port=inv.SSH_PORT, platform=platform, username=None, groups=(), data={}
    )
