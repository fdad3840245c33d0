"""Small pictures of a row's figures, as rectangles of an SVG of 100 x 10; each has its figures in words beside it."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from licsweep.reports.view import Cell

_WIDTH = 100.0
_HEIGHT = 10.0
_MARK = 0.8


class Shape(NamedTuple):
    """A rectangle and its look (a class of report.css)."""

    look: str
    x: float
    width: float
    y: float = 1.0
    height: float = 8.0


def picture(spec: Mapping[str, Any], record: Mapping[str, Cell]) -> list[Shape]:
    """The picture that a table's `picture` describes; nothing where a figure is not known."""
    return {"pool": _pool, "line": _line, "months": _months, "trend": _trend, "range": _range}[spec["kind"]](
        spec, record
    )


def _number(record: Mapping[str, Cell], key: str) -> int | float | None:
    value = record[key]
    return value if isinstance(value, int | float) else None


def _pool(spec: Mapping[str, Any], record: Mapping[str, Cell]) -> list[Shape]:
    """Purchased is the frame, use the filling, what is short beyond it; the buffer a thin mark."""
    owned, used, short = (_number(record, spec[key]) for key in ("owned", "used", "short"))
    if owned is None or used is None:
        return []
    most = max(owned, used, 1) / _WIDTH
    filled = min(used, max(owned, used - (short or 0)))
    shapes = [Shape("frame", 0, owned / most), Shape("used", 0, filled / most, 2.5, 5)]
    if short:
        shapes.append(Shape("short", (used - short) / most, short / most, 2.5, 5))
    buffer = _number(record, spec["buffer"])
    if buffer and owned > buffer:
        shapes.append(Shape("mark", (owned - buffer) / most, _MARK))
    return shapes


def _line(spec: Mapping[str, Any], record: Mapping[str, Cell]) -> list[Shape]:
    """One day or several on a line of days; today and each tick are marks. What lies beyond stands at the end."""
    days = [int(word) for word in str(record[spec["day"]] or 0).split()] if record[spec["day"]] is not None else []
    first, last = int(spec["first"]), int(spec["last"])
    if not days:
        return []

    def at(one: int) -> float:
        return (min(max(one, first), last) - first) / (last - first) * (_WIDTH - 3)

    ticks = [Shape("tick", at(tick), _MARK, 2, 6) for tick in spec["ticks"]]
    looks = ((day, "short" if day < 0 else "due" if day <= spec["near"] else "used") for day in days)
    bars = [Shape(look, at(day), spec["bar"], 0.5, 9) for day, look in looks]
    return [Shape("axis", 0, _WIDTH, 4.6, _MARK), *ticks, Shape("mark", at(0), _MARK), *bars]


def _months(spec: Mapping[str, Any], record: Mapping[str, Cell]) -> list[Shape]:
    """What is owned in each month as columns, use as a line; a month that lacks is short."""
    owned = [_number(record, f"m{month}") for month in range(spec["months"])]
    used = _number(record, spec["used"])
    known = [each for each in owned if each is not None]
    if used is None or len(known) < len(owned):
        return []
    return _columns([(each, each < used) for each in known], used)


def _trend(spec: Mapping[str, Any], record: Mapping[str, Cell]) -> list[Shape]:
    """The figures of a text, one column each; the line is what they are compared with, what is above it is short."""
    found = [float(word) for word in str(record[spec["values"]] or "").split()]
    line = _number(record, spec["line"])
    return _columns([(each, line is not None and each > line) for each in found], line)


def _columns(figures: Sequence[tuple[float, bool]], line: float | None) -> list[Shape]:
    """A column for each figure, as one that is short or not, and a line across them."""
    most = max([line or 0, *(each for each, _ in figures)]) / _HEIGHT or 1
    step = _WIDTH / max(len(figures), 1)
    columns = [
        Shape("short" if short else "used", at * step, step * 0.8, _HEIGHT - each / most, each / most)
        for at, (each, short) in enumerate(figures)
    ]
    return columns if line is None else [*columns, Shape("mark", 0, _WIDTH, _HEIGHT - line / most, 0.5)]


def _range(spec: Mapping[str, Any], record: Mapping[str, Cell]) -> list[Shape]:
    """A forecast: its range, dashed, in it what is expected, and the line that it is compared with."""
    low, high, at, line = (_number(record, spec[key]) for key in ("low", "high", "at", "line"))
    if low is None or high is None or at is None:
        return []
    most = max(high, line or 0, 1) / (_WIDTH - 2)
    shapes = [Shape("range", low / most, (high - low) / most, 2, 6), Shape("expected", at / most, 1.5)]
    return shapes if line is None else [*shapes, Shape("mark", line / most, _MARK)]
