"""Files that people gathered: a configuration is refused with its name, a secret elsewhere is removed."""

from pathlib import Path

from licsweep.settings import load
from licsweep.store import reading
from tests.access.secret_forms import KEYED
from tests.cli.conftest import ROOT, licsweep

CONFIGURATION = """hostname edge-7
enable secret 9 $9$Qu1llmapleQu1llmaple
interface Vlan1
username ann secret Qu1llmaple
line vty 0 4
end
"""
LICENSES = ROOT / "fixtures" / "cisco_xe" / "show_license_all" / "slup_5.3_stack_two_tags_one_feature" / "output.txt"


def test_a_pasted_configuration_is_refused_with_its_name(tmp_path: Path) -> None:
    texts = tmp_path / "texts" / "edge-7"
    texts.mkdir(parents=True)
    (texts / "show_license_all.txt").write_text(LICENSES.read_text() + KEYED["user"].format(s="Qu1llmaple"))
    (texts / "show_license_usage.txt").write_text("Building configuration...\n\n" + CONFIGURATION)
    done = licsweep("ingest", tmp_path / "texts", "--platform", "cisco_xe", "--project", tmp_path)
    assert done.code == 0, done.err
    assert "show_license_usage.txt: it holds a configuration" in done.err
    with reading(load(tmp_path)) as store:
        (capture,) = store.captures(1, "edge-7")
    assert capture.text.splitlines()[:-1] == LICENSES.read_text().splitlines()
    assert capture.text.endswith("username ann privilege 15 password 7 <removed>\n")
    assert b"Qu1llmaple" not in b"".join(path.read_bytes() for path in tmp_path.glob("licsweep.db*"))


def test_nothing_but_a_configuration(tmp_path: Path) -> None:
    (tmp_path / "edge-7").mkdir()
    (tmp_path / "edge-7" / "show_license_all.txt").write_text(CONFIGURATION)
    done = licsweep("ingest", tmp_path / "edge-7", "--project", tmp_path)
    assert done.code == 4
    assert "show_license_all.txt: it holds a configuration" in done.err
