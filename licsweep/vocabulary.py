"""The vocabularies of docs/data-model.md: every word that a field of an observation may hold."""

from typing import Literal

OutcomeStatus = Literal[
    "ok",
    "partial",
    "unreachable",
    "auth-failed",
    "host-key-unknown",
    "host-key-changed",
    "refused",
    "unparsed",
    "timed-out",
    "unsupported",
    "skipped",
]
SkipReason = Literal[
    "fresh-enough",
    "sweep-over",
    "login-withheld",
    "no-session",
    "no-credentials",
    "wrong-entry",
    "internal-error",
    "collector-lost",
]
"""Why a host was skipped: read recently enough; deadline or signal came first; its account had too many failures;
its platform can't be swept over a session; nothing to log in with; its inventory entry is wrong; a mistake of ours;
no worker of its collector (is left)."""
LicensingModel = Literal["slup", "classic", "reservation", "rtu", "pak", "none"]
RegistrationStatus = Literal[
    "registered",
    "unregistered",
    "registration-failed",
    "registration-in-progress",
    "registration-retry",
    "registration-expired",
    "not-applicable",
]
AuthorizationStatus = Literal[
    "authorized",
    "out-of-compliance",
    "eval-mode",
    "eval-expired",
    "authorization-expired",
    "reserved-authorized",
    "not-authorized",
    "no-licenses-in-use",
    "not-applicable",
]
TransportType = Literal["smart", "cslu", "callhome", "off", "automatic"]
LicenseStatus = Literal[
    "in-use",
    "not-in-use",
    "authorized",
    "out-of-compliance",
    "eval-mode",
    "eval-expired",
    "authorization-expired",
    "grace-period-expired",
    "reserved-authorized",
    "not-authorized",
    "invalid-tag",
    "waiting",
    "overage",
    "init",
    "disabled",
]
ExportStatus = Literal["not-restricted", "restricted-allowed", "restricted-not-allowed"]
EnforcementType = Literal["not-enforced", "enforced", "export-restricted"]
HaRole = Literal["active", "standby", "member"]
