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


def dead_links(page: Path, text: str) -> list[str]:
    """Links of a page to a file, or to a heading of a file, that is not there."""
    import re

    dead = []
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)):
        name, _, heading = target.partition("#")
        file = (page.parent / name) if name else page
        heads = re.findall(r"^#+ (.*)", file.read_text(), re.MULTILINE) if heading and file.is_file() else []
        slugs = {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in heads}
        dead += [target] if not file.exists() or (heading and heading not in slugs) else []
    return dead


def test_every_link_leads_somewhere() -> None:
    pages = [
        ROOT / "README.md",
        ROOT / "CHANGELOG.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "SECURITY.md",
        *ROOT.glob("docs/**/*.md"),
    ]
    assert {str(page): dead for page in pages if (dead := dead_links(page, page.read_text()))} == {}
    page = ROOT / "docs" / "README.md"
    assert dead_links(page, "[a](nowhere.md) [b](faq.md) [c](contract.md#nothing)") == [
        "nowhere.md",
        "contract.md#nothing",
    ]


def test_the_index_names_every_page() -> None:
    index = ROOT / "docs" / "README.md"
    pages = {page.relative_to(index.parent).as_posix() for page in index.parent.glob("**/*.md")} - {"README.md"}
    assert {
        page for page in pages if f"]({page})" not in index.read_text() and not page.startswith("platforms/")
    } == set()


def blocks(page: str) -> list[str]:
    """The code blocks inside the numbered steps of a page: what is indented by seven blanks."""
    import re

    found = re.findall(r"(?:^ {7}.*\n|^\n+(?= {7}))+", page, re.MULTILINE)
    return ["\n".join(line[7:] for line in block.strip("\n").split("\n")) + "\n" for block in found]


def test_the_page_about_platforms_is_the_toy_package() -> None:
    toy = ROOT / "tests" / "wheel" / "toy_platform"
    shown = blocks((ROOT / "docs" / "adding-a-platform.md").read_text())
    files = {file: file.read_text() for file in toy.rglob("*.*") if file.is_file() and file.suffix != ".pyc"}
    assert len(files) > 10
    assert [str(file.relative_to(toy)) for file, text in files.items() if text not in shown] == []
    assert "".join(files.values()) not in shown  # the comparison can fail


def silent_on_zero(settings: dict[str, str]) -> list[str]:
    """Settings that may be 0 and don't say what it means."""
    return [name for name, meaning in settings.items() if "; 0: " not in meaning]


def test_a_setting_that_may_be_zero_says_what_that_means() -> None:
    from dataclasses import fields

    from licsweep.settings import Settings

    may = {
        one.name: one.metadata["meaning"]
        for one in fields(Settings)
        if not isinstance(one.default, str) and not one.metadata["least"]
    }
    assert len(may) > 10
    assert silent_on_zero(may) == []
    assert silent_on_zero({"sloth": "seconds of rest"}) == ["sloth"]
