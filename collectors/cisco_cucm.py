"""CUCM 12.0 on (VOS): the publisher is the product instance of its cluster. AXL says the same where https is given."""

from collectors.vos import record

PLATFORM = record("cisco_cucm", "AXL getSmartLicenseStatus")
