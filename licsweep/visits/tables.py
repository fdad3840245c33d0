"""The YAML tables of this package."""

from importlib.resources import as_file, files
from typing import Any

from licsweep.serialization import load_yaml_file


def load_table(name: str, kind: Any) -> Any:
    """A table as this type."""
    with as_file(files("licsweep.visits") / name) as path:
        return load_yaml_file(path, kind)
