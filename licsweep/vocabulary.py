"""The vocabularies of docs/data-model.md: every word that a field of an observation may hold."""

from typing import Literal

Platform = Literal[
    "cisco_xe",
    "cisco_ios",
    "cisco_nxos",
    "cisco_asa",
    "cisco_xr",
    "cisco_ftd",
    "cisco_fmc",
    "cisco_fdm",
    "cisco_fxos",
    "cisco_cucm",
    "cisco_cuc",
    "cisco_expressway",
]
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
