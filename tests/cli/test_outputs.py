"""`--format json` of each verb: a kind of its own, in the shape of its schema."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from licsweep import serialization
from licsweep.cli.outputs import kinds
from licsweep.errors import InputError
from tests.cli.conftest import Done, licsweep
from tests.cli.test_verbs import an_ok_host, captures_of

Demo = tuple[Path, Done]
READING = ["config", "hosts", "snapshots", "reconcile", "sweep --dry-run", "known-hosts list", "known-hosts scan"]
READING += ["entitlements list", "diff 1 2026-12-31", 'entitlements explain "C9300 Network Advantage"']


def checked(kind: str, text: str) -> Any:
    """The data of an envelope of this kind, in its shape."""
    whole = json.loads(text)
    assert whole["schema"] == f"licsweep/{kind}/1"
    return serialization.check_json(json.dumps(whole["data"]), kinds()[kind], kind)


@pytest.mark.parametrize("call", READING)
def test_reading_verbs(demo: Demo, call: str) -> None:
    words = shlex.split(call)
    kind = "-".join(word.lstrip("-") for word in words[:2] if word.lstrip("-").replace("-", "").isalpha())
    done = licsweep(*words, "--project", demo[0], "--format", "json")
    assert done.code == 0, done.err
    checked({"diff": "diff"}.get(words[0], kind), done.out)


def test_verbs_about_one_host_and_its_texts(demo: Demo, tmp_path: Path) -> None:
    name = an_ok_host(demo[0])
    checked("show", licsweep("show", name, "--project", demo[0], "--format", "json").out)
    captures_of(demo[0], name, tmp_path / "captures")
    assert licsweep("init", tmp_path / "other").code == 0
    checked(
        "ingest", licsweep("ingest", tmp_path / "captures", "--project", tmp_path / "other", "--format", "json").out
    )
    checked("reparse", licsweep("reparse", "--project", tmp_path / "other", "--format", "json").out)
    (text,) = (tmp_path / "captures" / name).glob("show_license_*.txt")
    platform = "cisco_xe" if "all" in text.name else "cisco_nxos"
    checked("parse", licsweep("parse", text, "--platform", platform, "--format", "json").out)


@pytest.mark.parametrize("call", ["init {0}", "record {1} -o {0}", "demo --keep {0}", "report usage -o {0}/"])
def test_a_folder_that_can_not_be_made_is_told(demo: Demo, tmp_path: Path, call: str) -> None:
    (tmp_path / "file").write_text("in the way")
    words = shlex.split(call.format(tmp_path / "file" / "folder", an_ok_host(demo[0])))
    done = licsweep(*words, *([] if words[0] in ("demo", "init") else ["--project", demo[0]]))
    assert (done.code, "LS109" in done.err, "Not a directory" in done.err) == (2, True, True), done.err


def test_another_shape_would_be_seen() -> None:
    text = json.dumps({"schema": "licsweep/hosts/1", "data": [{"name": "a"}]})
    with pytest.raises(InputError):
        checked("hosts", text)


@pytest.mark.parametrize("rows", [0, 1, 500, 501, 1001])
def test_a_long_text_in_parts_is_the_text(rows: int) -> None:
    long = [{"name": f"a\n{place}", "parts": [place, {"a": 1}], "none": None} for place in range(rows)]
    for data in (long, {"as_of": "2026-01-31T00:00:00Z", "rows": long, "more": {"rows": long}, "none": []}, {}):
        parts = list(serialization.envelope("x", data))
        whole = json.loads("".join(parts))
        assert whole["data"] == data
        assert "".join(parts) == json.dumps(whole, indent=1) + "\n"
        assert max(map(len, parts)) < 140_000
