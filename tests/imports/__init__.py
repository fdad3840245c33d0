from pathlib import Path
from typing import Any

from licsweep.imports.entitlements import ImportedFile, read_all


def read(path: Path, **options: Any) -> ImportedFile:
    """What is read of one file."""
    [found] = read_all([path], **options)
    return found
