"""The shipped tables: each row with its source, no tag or label claimed twice; a project's file errs with its line."""

from collections import Counter
from pathlib import Path

import pytest

from licsweep.errors import InputError
from reconcile.tables import Tables, norm, slug

SHIPPED = Tables.load()


def test_every_row_has_source_and_confidence() -> None:
    assert SHIPPED.shipped
    assert all(row.source and row.confidence for row in (*SHIPPED.shipped, *SHIPPED.reporters))


def test_nothing_is_claimed_twice() -> None:
    claims = Counter(norm(text) for row in SHIPPED.shipped for text in {row.license, *row.tags, *row.labels})
    assert [text for text, times in claims.items() if times > 1] == []
    ids = Counter(slug(row.license) for row in SHIPPED.shipped)
    assert [name for name, times in ids.items() if times > 1] == []


def test_labels_and_catalogue_agree() -> None:
    tags = {tag: slug(row.license) for row in SHIPPED.shipped for tag in row.tags}
    labels = {norm(t): slug(row.license) for row in SHIPPED.shipped for t in (row.license, *row.labels)}
    assert SHIPPED.labels
    for label, tag in SHIPPED.labels.items():
        assert labels.get(label, tags[tag]) == tags[tag]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("catalogue.yaml", "- license: A\n- license: B\n  tagz: [x]\n", ["catalogue.yaml:3", "1.tagz"]),
        ("catalogue.yaml", "- license: A\n  tags: x\n", ["catalogue.yaml:2", "0.tags"]),
        ("labels.yaml", "- label: A\n", ["labels.yaml:1", "0.tag"]),
        ("reporters.yaml", "- {url: x, reported_by: nobody}\n", ["reporters.yaml:1", "reported_by"]),
    ],
)
def test_a_wrong_file_is_named_with_line_and_key(tmp_path: Path, name: str, text: str, said: list[str]) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError) as caught:
        Tables.load(tmp_path)
    assert all(part in str(caught.value) for part in said)


def test_an_empty_file_overrides_nothing(tmp_path: Path) -> None:
    (tmp_path / "catalogue.yaml").write_text("")
    assert Tables.load(tmp_path) == SHIPPED
