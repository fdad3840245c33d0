"""What is known of sites without a line."""

from dataclasses import dataclass

from licsweep.model import Record, Utc


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteState(Record):
    """What has come from a site without a line: its hosts, when the last of them was tried, and the last import."""

    site: str
    hosts: int
    last_at: Utc
    imported_at: Utc
