"""Quantities in YAML and JSON."""

from typing import Any


class Whole:
    """Marks a quantity that must be written as a whole number: no text, no yes or no, nothing below zero."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        return core_schema.int_schema(strict=True, ge=0)
