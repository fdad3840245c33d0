"""The JSON Schemas of report kinds, from the columns of their tables."""

from typing import Any

from licsweep.reports.view import layout

_TYPES = {"int": ["integer"], "days": ["integer"], "bar": ["integer"], "bool": ["boolean"]}
_TYPES |= {"percent": ["number"], "money": ["number"], "text": ["string", "number", "boolean"]}
_OWN = ("actions", "contract")  # kinds whose JSON is not their tables
_FORMATS = {"date": "date", "datetime": "date-time"}


def schemas() -> dict[str, dict[str, Any]]:
    """The schema of `data` of each kind whose JSON is its tables, by the name in its envelope."""
    return {f"report-{kind}": _report(words) for kind, words in layout()["reports"].items() if kind not in _OWN}


def _report(words: dict[str, Any]) -> dict[str, Any]:
    tables = layout()["tables"]
    named = {name.replace("-", "_"): _table(tables[name]) for name in words["tables"] if not _on_page(tables[name])}
    card = {key: {"type": "string"} for key in ("title", "value", "note", "tone")}
    counts = {key: {"type": "integer"} for key in ("selected", "fresh", "gathered", "left_inventory", "never_tried")}
    outcomes = {"type": "object", "additionalProperties": {"type": "integer"}}
    coverage = {**counts, "outcomes": outcomes, "percent": {"type": "number"}}
    return _object(
        {
            "title": {"type": "string"},
            "statement": {"type": "string"},
            "as_of": {"type": "string", "format": "date-time"},
            "coverage": _object(coverage),
            "cards": {"type": "array", "items": _object(card)},
            **named,
        },
        title=words["title"],
    )


def _on_page(table: dict[str, Any]) -> bool:
    return bool(table.get("only") == "page")


def _table(table: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": _object({one["key"]: _cell(one) for one in table["columns"]})}


def _cell(column: dict[str, Any]) -> dict[str, Any]:
    """What nobody printed is null. Texts may be numbers where a device printed one."""
    kind = column.get("kind", "text")
    return {"type": [*_TYPES.get(kind, ["string"]), "null"], "title": column["title"]} | (
        {"format": _FORMATS[kind]} if kind in _FORMATS else {}
    )


def _object(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**more, "type": "object", "properties": properties, "required": list(properties)}
