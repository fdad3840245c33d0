"""The courier: usage reports (RUM) from devices to CSSM and acknowledgements back, for sites without a line."""
