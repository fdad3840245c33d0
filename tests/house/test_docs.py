"""The generated pages are in step with the program."""

import importlib.util
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def stale(pages: dict[Path, str]) -> list[str]:
    return [str(path) for path, text in pages.items() if not path.is_file() or path.read_text() != text]


def test_generated_pages_are_fresh() -> None:
    assert stale(generator().documents()) == [], "run: make docs"


def test_a_stale_page_would_be_seen(tmp_path: Path) -> None:
    assert stale({tmp_path / "missing.md": "text"}) == [str(tmp_path / "missing.md")]


def test_the_readme_names_the_two_commands() -> None:
    readme = (ROOT / "README.md").read_text()
    assert "make demo" in readme
    assert "make test" in readme


def test_every_verb_of_the_readme_is_offered() -> None:
    import re

    from licsweep.cli import VERBS

    named = set(re.findall(r"^licsweep ([a-z-]+)", (ROOT / "README.md").read_text(), re.MULTILINE))
    assert named
    assert named <= set(VERBS)
