"""The errors that a person may see. Each has a stable code, says what, why, and what to type next.

LicsweepError
+-- UsageError            LS101  a wrong option or an empty selection (also a ValueError)
+-- InputError            LS102  a file that can't be read as what it should be (also a ValueError)
+-- InventoryError        LS103  the inventory is wrong; names file and line
+-- CredentialError       LS104  no user name or password to log in with
+-- LockedError           LS105  another run holds the lock
+-- StoreError            LS106  the database can't be opened, read or written
+-- NothingCollected      LS107  a sweep or ingest brought nothing
+-- MissingExtra          LS108  an optional part is not installed
+-- AccessError                  what a session with a device can meet; `status` is the host's outcome
    +-- Unreachable       LS201  unreachable
    +-- AuthFailed        LS202  auth-failed
    +-- HostKeyUnknown    LS203  host-key-unknown
    +-- HostKeyChanged    LS204  host-key-changed
    +-- SessionTimeout    LS205  timed-out (also a TimeoutError)
    +-- CommandRefused    LS206  refused
    +-- CommandNotAllowed LS207  our own allow-list said no: a bug or a hostile setting, never sent
    +-- SessionDropped    LS208  unreachable
    +-- LegacySshOnly     LS209  unreachable
"""

from typing import ClassVar

from licsweep.model import OutcomeStatus


class LicsweepError(Exception):
    """What happened; `why` is the cause and `hint` what to type next (either may be empty)."""

    code: ClassVar[str] = "LS100"
    exit_code: ClassVar[int] = 2

    def __init__(self, what: str, *, why: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what, self.why, self.hint = what, why, hint


class UsageError(LicsweepError, ValueError):
    code = "LS101"


class InputError(LicsweepError, ValueError):
    code = "LS102"


class InventoryError(LicsweepError, ValueError):
    code = "LS103"


class CredentialError(LicsweepError):
    code = "LS104"


class LockedError(LicsweepError):
    code = "LS105"
    exit_code = 5


class StoreError(LicsweepError):
    code = "LS106"


class NothingCollected(LicsweepError):
    code = "LS107"
    exit_code = 4


class MissingExtra(LicsweepError):
    code = "LS108"


class AccessError(LicsweepError):
    """A session failed; `status` is what the host's outcome becomes."""

    status: ClassVar[OutcomeStatus] = "unreachable"


class Unreachable(AccessError):
    code = "LS201"


class AuthFailed(AccessError):
    code, status = "LS202", "auth-failed"


class HostKeyUnknown(AccessError):
    code, status = "LS203", "host-key-unknown"


class HostKeyChanged(AccessError):
    code, status = "LS204", "host-key-changed"


class SessionTimeout(AccessError, TimeoutError):
    code, status = "LS205", "timed-out"


class CommandRefused(AccessError):
    code, status = "LS206", "refused"


class CommandNotAllowed(AccessError):
    code, status = "LS207", "refused"


class SessionDropped(AccessError):
    code = "LS208"


class LegacySshOnly(AccessError):
    code = "LS209"
