"""A long inventory is read in parts, and is the same as read whole; what is wrong is told with its true line."""

from pathlib import Path

import pytest
import yaml

from licsweep import serialization
from licsweep.errors import InventoryError
from licsweep.estate import inventory
from licsweep.settings import load

MANY = 3000


def text_of(count: int, extra: str = "") -> str:
    entries = [
        f"h{n:05d}:  # number {n}\n  hostname: 192.0.2.{n % 250}\n  platform: cisco_xe\n  data:\n    site: s{n % 7}\n"
        for n in range(count)
    ]
    entries.insert(count // 2, extra)
    return "# the estate\n\n" + "\n".join(entries)


PLAIN = {
    "entries": "",
    "a quoted text over lines": 'odd:\n  data:\n    note: "one\n\ntwo: three"\n',
    "a block of text": "odd:\n  data:\n    note: |\n      h1:\n      two\n",
    "flow style": "odd: {hostname: 192.0.2.1,\n  data: {site: x}\n}\n",
    "an anchor": "odd: &o\n  platform: cisco_xe\nother: *o\n",
}


@pytest.mark.parametrize("extra", PLAIN.values(), ids=PLAIN.keys())
def test_parts_are_the_whole(tmp_path: Path, extra: str) -> None:
    path = tmp_path / "hosts.yaml"
    path.write_text(text_of(MANY, extra))
    assert serialization.load_yaml_file(path, dict[str, dict[str, object]]) == yaml.safe_load(path.read_text())


def test_most_are_read_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    whole = serialization._yaml
    monkeypatch.setattr(serialization, "_yaml", lambda path, text: (sizes.append(len(text)), whole(path, text))[1])
    path = tmp_path / "hosts.yaml"
    path.write_text(text_of(MANY))
    serialization.load_yaml_file(path, dict[str, dict[str, object]])
    assert max(sizes) < len(path.read_text()) / 4


@pytest.mark.parametrize(
    ("extra", "told"),
    [
        ("h00001:\n  port: 1\n", "h00001: stands there twice"),
        ("odd:\n  password: x\n", "odd.password"),
        ("odd: [\n", "not valid YAML"),
    ],
)
def test_mistakes_have_their_true_line(tmp_path: Path, extra: str, told: str) -> None:
    (tmp_path / "inventory").mkdir()
    (tmp_path / "inventory" / "hosts.yaml").write_text(text_of(MANY, extra))
    line = text_of(MANY, extra)[: text_of(MANY, extra).index(extra)].count("\n") + 1
    with pytest.raises(InventoryError) as caught:
        inventory.load(load(tmp_path, environment={}))
    assert told in caught.value.what
    number = int(caught.value.what.split(":")[1])
    assert number >= line
    assert number <= line + 4  # YAML sees an open bracket when the next entry comes
