"""The frozen types of alerts that CSSM and SSM On-Prem raise, in their words. They stand beside our findings."""

from licsweep.model import Record, Utc


class CssmAlert(Record):
    """One alert. `severity` and `due` are CSSM's words (Major; 90 days), `source` is its word for where: as a rule a
    virtual account."""

    message: str
    severity: str | None = None
    source: str | None = None
    due: str | None = None
    source_file: str | None = None
    source_row: int | None = None

    def __post_init__(self) -> None:
        if not self.message.strip():
            raise ValueError("message: is empty")


class CssmAlerts(Record):
    """All alerts of an account as one export lists them, perhaps none."""

    smart_account: str | None = None
    virtual_account: str | None = None
    exported_at: Utc | None = None
    alerts: tuple[CssmAlert, ...] = ()


class JudgedAlert(CssmAlert):
    """An alert, its account, the date of its export; `confirmed_by` is the figure of ours that says the same."""

    smart_account: str | None = None
    virtual_account: str | None = None
    as_of: Utc | None = None
    confirmed_by: str | None = None
