"""Inventory sources by the verbs: what is left out is named, and a source that fails stops a sweep before it begins."""

from pathlib import Path

from tests.cli.conftest import licsweep

TEXT = "name,ip,platform,port\nsw-1,127.0.0.1,nxos,9\nsw-2,,nxos,\n"


def test_hosts_and_init_take_a_source(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(TEXT)
    done = licsweep("init", tmp_path / "project", "--from", f"csv:{tmp_path / 'list.csv'}")
    assert done.code == 0, done.err
    done = licsweep("hosts", "--project", tmp_path / "project", "--format", "csv")
    assert done.out.splitlines()[1].startswith("sw-1,127.0.0.1,9,cisco_nxos")
    assert done.err.splitlines() == ["sw-2: left out: no address (ip)", "1 hosts, 1 left out"]
    assert (
        "inventory.source,csv,licsweep.toml"
        in licsweep("config", "--project", tmp_path / "project", "--format", "csv").out
    )
    done = licsweep("hosts", "--project", tmp_path / "project", "--source", f"ssh_config:{tmp_path / 'none'}")
    assert (done.code, "LS102" in done.err) == (2, True)


def test_a_source_that_fails_stops_the_sweep(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(f"{TEXT}sw-3\n")
    (tmp_path / "licsweep.toml").write_text('[inventory]\nsource = "csv"\nfile = "list.csv"\n')
    done = licsweep("sweep", "--project", tmp_path, LICSWEEP_USERNAME="x", LICSWEEP_PASSWORD="y")
    assert (done.code, done.out) == (2, "")
    assert "row 4: has 1 cells, the heading has 4" in done.err
    assert not (tmp_path / "licsweep.db").exists()
    (tmp_path / "list.csv").write_text(TEXT)
    done = licsweep("sweep", "--project", tmp_path, "--deadline", "1", LICSWEEP_USERNAME="x", LICSWEEP_PASSWORD="y")
    assert "1 hosts of the inventory are left out; licsweep hosts says why" in done.err
