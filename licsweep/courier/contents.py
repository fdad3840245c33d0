"""The bytes of every file that the courier has seen, each under its own hash: written once, never changed."""

import hashlib
from pathlib import Path

from licsweep import files
from licsweep.errors import KeptFileDamaged


class Contents:
    """The folder `courier/files` of a project."""

    def __init__(self, project_folder: Path) -> None:
        self._folder = project_folder / "courier" / "files"

    def keep(self, raw: bytes) -> str:
        """Keeps the bytes and returns their sha256; a kept file that was damaged is whole again."""
        sha256 = hashlib.sha256(raw).hexdigest()
        path = self._path(sha256)
        if not path.is_file() or files.read(path).raw != raw:
            files.make_folder(path.parent)
            files.write(path, raw)
        return sha256

    def has(self, sha256: str) -> bool:
        """Whether the file is there; `read` tells whether it is whole."""
        return self._path(sha256).is_file()

    def read(self, sha256: str) -> bytes:
        """The bytes as they came. Raises KeptFileDamaged, InputError."""
        raw = files.read(self._path(sha256)).raw
        if hashlib.sha256(raw).hexdigest() != sha256:
            what = f"{self._path(sha256)}: its bytes are not those that came in"
            raise KeptFileDamaged(what, why="it was changed or its disk fails", hint="restore a copy of courier/files")
        return raw

    def _path(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / f"{sha256}.txt"
