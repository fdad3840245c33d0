"""Reports: one module a kind, one a format."""
