"""Unity Connection 12.0 on (VOS): as CUCM; its REST interface says the same where https is given."""

from collectors.vos import record

PLATFORM = record("cisco_cuc", "GET /vmrest/smartlicense/licensedetails")
