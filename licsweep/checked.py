"""Types whose values are checked in our own words when a file is read; pydantic is not imported before that."""

from collections.abc import Callable
from typing import Annotated, Any


class Checked:
    """Marks a type whose values `licsweep.serialization` passes through functions before and after it reads them.

    The functions give the value to go on with, or raise ValueError with words for a person.
    """

    def __init__(self, before: Callable[[Any], Any], after: Callable[[Any], Any] | None = None) -> None:
        self._before, self._after = before, after

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        inner = core_schema.no_info_before_validator_function(self._before, handler(source))
        return core_schema.no_info_after_validator_function(self._after, inner) if self._after else inner


def _file_name(value: Any) -> Any:
    """One part of a path, so that it leads nowhere else."""
    if not isinstance(value, str) or value in ("", ".", "..") or set("/\\\0") & set(value):
        raise ValueError("is not the name of a file")
    return value


FileName = Annotated[str, Checked(_file_name)]


def _whole(value: Any) -> Any:
    """A quantity as it must be written: no text, no yes or no."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_QUANTITY:
        raise ValueError(f"is not a whole number from 0 to {MAX_QUANTITY}")
    return value


def _span(most: int) -> Callable[[Any], Any]:
    """A length of time that still leads to a date when it is added to one."""

    def within(value: Any) -> Any:
        if isinstance(value, int) and value > most:
            raise ValueError(f"is more than {most}, a hundred years")
        return value

    return within


MAX_DAYS = 36_525
MAX_SECONDS = MAX_DAYS * 86_400
Days = Annotated[int, Checked(_span(MAX_DAYS))]
Seconds = Annotated[int, Checked(_span(MAX_SECONDS))]
MAX_QUANTITY = 10**12
Quantity = Annotated[int, Checked(_whole)]
