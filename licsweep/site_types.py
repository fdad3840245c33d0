"""What is known of sites without a line."""

from licsweep.model import Record, Utc


class SiteState(Record):
    """What has come from a site without a line: its hosts, when the last of them was tried, and the last import."""

    site: str
    hosts: int
    last_at: Utc
    imported_at: Utc
