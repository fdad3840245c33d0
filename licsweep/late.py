"""Names of a package that are loaded when they are used."""

from collections.abc import Callable, Collection, Mapping
from importlib import import_module
from typing import Any


def homes(package: str, modules: Mapping[str, Collection[str]]) -> Callable[[str], Any]:
    """The `__getattr__` of a package: each module of it that is named, with the names that live there."""

    def get(name: str) -> Any:
        for module, names in modules.items():
            if name in names:
                return getattr(import_module(f"{package}.{module}"), name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return get
