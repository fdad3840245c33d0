"""The verbs as plain functions: each ties rooms together, none prints."""
