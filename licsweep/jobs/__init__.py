"""Verbs as plain functions."""
