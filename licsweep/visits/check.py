"""Whether the courier could do its work on a device: looked at before the trip, and nothing is changed."""

import re

from licsweep.access.conversation import Conversation
from licsweep.errors import CopyRefused
from licsweep.estate.inventory import Target
from licsweep.files import MIB
from licsweep.visits.checked_device import CheckedDevice, failing
from licsweep.visits.console import HISTORY, RUM_TABLE, Console
from licsweep.visits.trip import Trip

PROBE = "licsweep_probe"  # no device has such a file
LEAST_FREE = 4 * MIB
FULL_LEVEL = 15


class Check:
    """The work of `courier check`; `rows` are what was found, by host."""

    def __init__(self, trip: Trip) -> None:
        self._trip = trip
        self.rows: dict[str, CheckedDevice] = {}

    def work(self, target: Target, session: Conversation) -> None:
        """Looks at one device."""
        box = Console(target, session, self._trip)
        box.read()
        level = re.search(r"privilege level is ([0-9]{1,2})", box.ask("show privilege"))
        flash = box.flash()
        verifies = not box.refuses(box.ask(f"verify /md5 {flash.name}{PROBE}"))
        forms = tuple(line for line in (RUM_TABLE, HISTORY) if not box.refuses(box.ask(line)))
        lacks = [self._scp(box, flash.name)]
        lacks += ["privilege" if not level or int(level[1]) < FULL_LEVEL else ""]
        lacks += ["space" if flash.free < LEAST_FREE else ""]
        found = [failing()[word] for word in lacks if word]
        self.rows[target.name] = CheckedDevice(
            hostname=target.name,
            ready=not found,
            lacks=tuple(one.lacks for one in found),
            enter=tuple(line for one in found for line in one.enter),
            free_bytes=flash.free,
            verifies=verifies,
            rum_forms=forms,
        )

    @staticmethod
    def _scp(box: Console, flash: str) -> str:
        """What is wrong with SCP, as a word of the table: a file is asked for that is not there."""
        try:
            box.copy(f"{flash}{PROBE}", lambda copy: copy.fetch(f"{flash}{PROBE}"))
        except CopyRefused as error:
            said = error.why.lower()
            return "" if "no such file" in said else "scp-level" if "privilege" in said else "scp"
        return ""
