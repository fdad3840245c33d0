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
+-- OutputError           LS109  a file can't be written; what stood there is unchanged
+-- PartlyWritten         LS110  another system took a part only of what was to be written
+-- KeptFileDamaged       LS401  a file that the courier keeps is not what came in
+-- VerificationFailed    LS402  a proof bundle is not what its inputs give
+-- NothingToCarry        LS501  no usage report, or no acknowledgement, is to be packed, unpacked or delivered
+-- UnknownParcel         LS502  the ledger knows no such parcel
+-- ClusterUnreachable    LS601  no scheduler answers, or it lets us not in
+-- WorkersUnfit          LS602  the workers of a cluster can't do this sweep
+-- AccessError                  what a session with a device can meet; `status` is the host's outcome
    +-- Unreachable       LS201  unreachable
    +-- AuthFailed        LS202  auth-failed
    +-- HostKeyUnknown    LS203  host-key-unknown
    +-- HostKeyChanged    LS204  host-key-changed
    +-- SessionTimeout    LS205  timed-out (also a TimeoutError)
    +-- CommandNotAllowed LS206  our own allow-list said no: a bug or a hostile setting, never sent
    +-- SessionDropped    LS207  unreachable
    +-- LegacySshOnly     LS208  unreachable
    +-- PlatformUnknown   LS209  unparsed
    +-- LoginWithheld     LS210  skipped
    +-- LinesFull         LS211  unreachable
    +-- EnableRefused     LS212  refused
    +-- CopyRefused       LS213  refused
    +-- VisitRefused      LS503  refused
    +-- CertificateUnknown LS301 host-key-unknown
    +-- CertificateChanged LS302 host-key-changed
    +-- TlsFailed         LS303  unreachable
    +-- TokenRefused      LS304  auth-failed
    +-- RoleTooSmall      LS305  refused
    +-- PathUnknown       LS306  unsupported
    +-- NoRestAnswer      LS307  unparsed
    +-- ServerFailed      LS308  unreachable
    +-- TooManyRequests   LS309  unreachable
    +-- AnswerCut         LS310  unreachable (also a SessionDropped)
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import ClassVar

from licsweep.vocabulary import OutcomeStatus


class LicsweepError(Exception):
    """What happened; `why` is the cause and `hint` what to type next (either may be empty)."""

    code: ClassVar[str] = "LS100"
    exit_code: ClassVar[int] = 2

    def __init__(self, what: str, *, why: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what, self.why, self.hint = what, why, hint


def plain_reason(error: LicsweepError) -> str:
    """What and why of an error in one line."""
    return f"{error.what}: {error.why}" if error.why else error.what


class UsageError(LicsweepError, ValueError):
    """A wrong option, or a selection without hosts. Nothing was done; correct the call."""

    code = "LS101"


class InputError(LicsweepError, ValueError):
    """A file can't be read as what it should be. The message names file, line or row, and key."""

    code = "LS102"


class InventoryError(LicsweepError, ValueError):
    """The inventory is wrong; the message names file and line. `licsweep hosts` checks it without dialling."""

    code = "LS103"


class CredentialError(LicsweepError):
    """There is no user name or password to log in with. Export LICSWEEP_USERNAME and LICSWEEP_PASSWORD."""

    code = "LS104"


class LockedError(LicsweepError):
    """Another run writes to this project. The lock names it and frees itself when that run ends, however it ends."""

    code = "LS105"
    exit_code = 5


class StoreError(LicsweepError):
    """The database can't be opened, read or written: missing, damaged, of another version, or a full disk."""

    code = "LS106"


class NothingCollected(LicsweepError):
    """A sweep or ingest brought nothing: no host ended ok or partial. `licsweep snapshots` shows how they ended."""

    code = "LS107"
    exit_code = 4


class MissingExtra(LicsweepError):
    """An optional part is not installed; the message says what to install."""

    code = "LS108"


@contextmanager
def optional(what: str, extra: str) -> Iterator[None]:
    """Around the imports of an optional part: MissingExtra says what can't be done without it."""
    try:
        yield
    except ImportError as error:
        raise MissingExtra(
            what, why=f"{error.name} is not installed", hint=f"pip install 'licsweep[{extra}]'"
        ) from error


class OutputError(LicsweepError):
    """A file can't be written: no such folder, no permission, full disk. What stood there before is unchanged."""

    code = "LS109"


class PartlyWritten(LicsweepError):
    """Another system took a part only of what was to be written. A second run writes what is missing."""

    code = "LS110"


class KeptFileDamaged(LicsweepError):
    """A file in courier/files has other bytes than came in. Nothing was sent; restore the folder from a copy."""

    code = "LS401"


class VerificationFailed(LicsweepError):
    """A proof bundle is not what its inputs give: it was changed, or another release judges differently."""

    code = "LS402"
    exit_code = 1


class NothingToCarry(LicsweepError):
    """There is nothing to pack, to unpack or to deliver. `licsweep courier status` shows how far each report came."""

    code = "LS501"
    exit_code = 4


class UnknownParcel(LicsweepError):
    """The ledger knows no such parcel, or it was packed later than the time that was given."""

    code = "LS502"


class ClusterUnreachable(LicsweepError):
    """The scheduler of a cluster does not answer, shows no certificate of ours, or has gone. Nothing is swept there."""

    code = "LS601"


class WorkersUnfit(LicsweepError):
    """No worker of a cluster serves these hosts, one has another licsweep, or there are too many for an account."""

    code = "LS602"


class AccessError(LicsweepError):
    """A session failed; `status` is what the host's outcome becomes, `transient` whether a second try may help."""

    status: ClassVar[OutcomeStatus] = "unreachable"
    transient: ClassVar[bool] = False


class Unreachable(AccessError):
    """No session came about: name, route, port or server. Nothing was sent but the greeting."""

    code, transient = "LS201", True


class AuthFailed(AccessError):
    """The device refused user name or password. It was tried once; check the credentials before the next sweep."""

    code, status = "LS202", "auth-failed"


class HostKeyUnknown(AccessError):
    """No key of this host is known, so nobody logged in. Compare the fingerprint; `licsweep known-hosts accept`."""

    code, status = "LS203", "host-key-unknown"


class HostKeyChanged(AccessError):
    """The host shows another key than the known one: a new box, a new key, or somebody between. Find out which."""

    code, status = "LS204", "host-key-changed"


class SessionTimeout(AccessError, TimeoutError):
    """The device did not finish its answer before the deadline of the command or of the device."""

    code, status, transient = "LS205", "timed-out", True


class CommandNotAllowed(AccessError):
    """Our own allow-list said no, and nothing was sent: a mistake in licsweep or in a platform plug-in."""

    code, status = "LS206", "refused"


class SessionDropped(AccessError):
    """The session ended before the answer did. What was read until then is kept as evidence, not counted."""

    code, transient = "LS207", True


class LegacySshOnly(AccessError):
    """The device offers no SSH algorithm that this paramiko accepts; SHA-1 only boxes need the extra `legacy-ssh`."""

    code = "LS208"


class LinesFull(AccessError):
    """The device has no session to give: its vty lines are full. Tried again, also after the password was accepted."""

    code, transient = "LS211", True


class EnableRefused(AccessError):
    """The device refused the enable secret, or too many were refused and none was sent. Check it before a new sweep."""

    code, status = "LS212", "refused"


class CertificateUnknown(AccessError):
    """No authority that is trusted signed this certificate, it has expired, or it names another host. Nothing was sent.

    `https_ca` in the inventory names the file of a private authority, `https_pin` the one certificate that is right.
    """

    code, status = "LS301", "host-key-unknown"


class CertificateChanged(AccessError):
    """The host shows another certificate than the pinned one, and nothing was sent. Find out why before you pin it."""

    code, status = "LS302", "host-key-changed"


class TlsFailed(AccessError):
    """No TLS came about: the port speaks something else, or no protocol version is common to both. Nothing was sent."""

    code = "LS303"


class TokenRefused(AccessError):
    """A token is not accepted (any more). FMC keeps one session a user: give licsweep a user of its own."""

    code, status = "LS304", "auth-failed"


class RoleTooSmall(AccessError):
    """The login is right, and its role may not read this (HTTP 403). docs/platforms names the role that suffices."""

    code, status = "LS305", "refused"


class PathUnknown(AccessError):
    """The release has no such path (HTTP 404), and what it says is needed."""

    code, status = "LS306", "unsupported"


class NoRestAnswer(AccessError):
    """Something answers, but not as this REST interface does: a web page, a redirect, an unknown status."""

    code, status = "LS307", "unparsed"


class ServerFailed(AccessError):
    """The server says that it failed (HTTP 5xx): it starts, it switches over, or a service is down. Sweep it again."""

    code, transient = "LS308", True


class TooManyRequests(AccessError):
    """The server wants fewer requests (HTTP 429), for longer than the deadline allows. Sweep it again later."""

    code = "LS309"


class AnswerCut(SessionDropped):
    """The connection ended within an answer, or the answer is larger than any that is read. It is not counted."""

    code = "LS310"


class CopyRefused(AccessError):
    """The device gave or took no file over SCP: its server is off, the user's level is too low, or there is no room."""

    code, status = "LS213", "refused"


class VisitRefused(AccessError):
    """The courier stopped at this device: it said no, it is another box, or a file is not what it should be."""

    code, status = "LS503", "refused"


class PlatformUnknown(AccessError):
    """A host of platform `auto` printed a `show version` that is of no known platform. Name it in hosts.yaml."""

    code, status = "LS209", "unparsed"


class LoginWithheld(AccessError):
    """No password was sent, because too many of this account failed in a row, or the sweep is over."""

    code, status = "LS210", "skipped"


def did_you_mean(word: str, known: Collection[str]) -> str:
    """A sentence for a `why`: the nearest of the known words, else the first of them."""
    import difflib

    near = difflib.get_close_matches(word, known, 1)
    listed = ", ".join(sorted(known)[:40]) or "none"
    return f"did you mean {near[0]}?" if near else f"known are: {listed}" + ", ..." * (len(known) > 40)  # noqa: PLR2004
