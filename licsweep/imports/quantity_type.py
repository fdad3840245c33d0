"""Quantities in YAML and JSON."""

from typing import Any

from licsweep.imports.limits import MAX_QUANTITY


class Whole:
    """Marks a quantity that must be written as a whole number: no text, no yes or no, from 0 to MAX_QUANTITY."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        return core_schema.int_schema(strict=True, ge=0, le=MAX_QUANTITY)
