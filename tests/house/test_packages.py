"""The packages of pyproject.toml are listed by hand: the list is compared with the tree."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
SETUPTOOLS = PYPROJECT["tool"]["setuptools"]
MAPPED = {folder: package for package, folder in SETUPTOOLS["package-dir"].items()}


def packages_in_the_tree() -> set[str]:
    found = set()
    for init in ROOT.glob("**/__init__.py"):
        folder = init.parent.relative_to(ROOT)
        if folder.parts[0] in ("tests", "bench", "build", "docs") or folder.parts[0].startswith("."):
            continue
        found.add(MAPPED.get(str(folder), ".".join(folder.parts)))
    return found


def test_the_list_is_the_tree() -> None:
    assert set(SETUPTOOLS["packages"]) == packages_in_the_tree()


def test_a_folder_of_modules_is_a_package() -> None:
    for module in [*ROOT.glob("licsweep/**/*.py"), *ROOT.glob("collectors/**/*.py"), *ROOT.glob("reconcile/**/*.py")]:
        assert (module.parent / "__init__.py").is_file(), module


def test_the_comparison_can_fail(tmp_path: Path) -> None:
    assert "licsweep.nowhere" not in packages_in_the_tree()
    assert set(SETUPTOOLS["packages"]) | {"licsweep.nowhere"} != packages_in_the_tree()
