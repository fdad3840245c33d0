"""No module grows into a monster."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
MOST_LINES = 500


def too_long(folder: Path) -> list[str]:
    modules = [p for p in folder.rglob("*.py") if not any(part.startswith(".") or part == "build" for part in p.parts)]
    assert modules
    return [f"{p}: {n}" for p in modules if (n := len(p.read_text().splitlines())) > MOST_LINES]


def test_no_module_is_over_500_lines() -> None:
    assert too_long(ROOT) == []


def test_a_longer_one_would_be_seen(tmp_path: Path) -> None:
    (tmp_path / "monster.py").write_text("x = 1\n" * (MOST_LINES + 1))
    assert len(too_long(tmp_path)) == 1
