"""Who a text is from, where nobody was dialled."""

from collections.abc import Iterable
from dataclasses import replace

from licsweep.errors import InputError
from licsweep.estate import inventory as inv


def target_of(
    hostname: str, texts: Iterable[str], inventory: inv.Inventory | None, platform: str | None = None
) -> inv.Target:
    """The host with its platform: from the inventory (unless that says `auto`), else `platform`, else recognized from
    its texts.

    Raises InputError where nothing tells.
    """
    from collectors import parse

    listed = inventory.targets.get(hostname) if inventory else None
    if listed and listed.platform not in ("", inv.AUTO):
        return listed
    candidates = () if platform else parse.platform_candidates(*texts)
    if len(candidates) == 1:
        platform = candidates[0]
    if platform is None:
        several = f"its texts may be of {' or '.join(candidates)}" if candidates else "no text tells"
        raise InputError(
            f"{hostname}: the platform can't be recognized",
            why=f"the inventory does not say it and {several}",
            hint="name its platform in inventory/hosts.yaml, or with --platform",
        )
    if listed:
        return replace(listed, platform=platform)
    return inv.Target(
        name=hostname, address=hostname, port=inv.SSH_PORT, platform=platform, username=None, groups=(), data={}
    )
