"""An import as the store keeps it."""

from datetime import datetime
from typing import Literal

from licsweep.alert_types import CssmAlerts
from licsweep.model import Record, Utc
from licsweep.position_types import CssmInstance, Entitlement

ImportKind = Literal["entitlements", "instances", "alerts"]


class StoredImport(Record):
    """One import: the entitlements, product instances or alerts that one file states of one smart account.

    `source` is where the figures come from (CSSM licenses, CSSM instances, On-Prem, own YAML, alerts of either).
    `whole`: it is the export of the whole smart account, so that an account that it does not name has nothing.
    """

    id: int
    source: str
    file: str
    sha256: str
    imported_at: Utc
    whole: bool = False
    removed_at: Utc | None = None
    entitlements: tuple[Entitlement, ...] = ()
    instances: tuple[CssmInstance, ...] = ()
    alerts: tuple[CssmAlerts, ...] = ()

    @property
    def kind(self) -> ImportKind:
        return "entitlements" if self.entitlements else "alerts" if self.alerts else "instances"

    @property
    def rows(self) -> tuple[Entitlement, ...] | tuple[CssmInstance, ...] | tuple[CssmAlerts, ...]:
        return self.entitlements or self.instances or self.alerts

    @property
    def number(self) -> int:
        """How many entitlements, product instances or alerts it states."""
        return sum(len(listed.alerts) for listed in self.alerts) or len(self.entitlements or self.instances)

    @property
    def smart_account(self) -> str | None:
        return next((row.smart_account for row in self.rows if row.smart_account), None)

    @property
    def virtual_accounts(self) -> tuple[str, ...]:
        return tuple(sorted({row.virtual_account for row in self.rows if row.virtual_account}))

    @property
    def exported_at(self) -> datetime:
        """When it was exported; the import itself where no file said."""
        return next((row.exported_at for row in self.rows if row.exported_at), self.imported_at)
