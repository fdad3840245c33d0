"""Readers of entitlement files."""
