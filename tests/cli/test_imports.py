"""What an import replaces by what, and taking one back: scenarios of exports of invented accounts, run as typed."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from licsweep import settings
from licsweep.cli import main
from licsweep.jobs.entitlements import counted_imports
from licsweep.store import reading
from licsweep.stored_import import StoredImport
from reconcile.tables.tables import Tables

HEAD = "Smart Account,Virtual Account,License,License Type,Quantity,In Use,Start Date,End Date\n"
LICENSE = "C9300 48P DNA Advantage"


class Site:
    """A project and the exports that are imported into it; May 2026, one day an export."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "licsweep.toml").touch()

    def file(self, name: str, *rows: tuple[str, int], smart: str = "Example Networks", license: str = LICENSE) -> Path:
        path = self.folder / name
        path.write_text(HEAD + "".join(f"{smart},{va},{license},PERPETUAL,{n},0,,\n" for va, n in rows))
        return path

    def run(self, *arguments: object) -> Result:
        done = CliRunner().invoke(main, [*map(str, arguments), "--project", str(self.folder)])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    def take(self, day: int, *files: Path, code: int = 0, options: tuple[str, ...] = ()) -> str:
        at = f"2026-05-{day:02}T00:00:00Z"
        done = self.run("entitlements", "import", *files, "--exported-at", at, *options)
        assert done.exit_code == code, done.stderr
        return done.stderr

    def owned(self, *options: str) -> dict[str, int]:
        done = self.run("entitlements", "list", "--format", "json", *options)
        rows = json.loads(done.stdout)["data"]
        return {row["virtual_account"]: sum(term["quantity"] for term in row["terms"]) for row in rows}

    def stored(self) -> list[StoredImport]:
        with reading(settings.load(self.folder)) as store:
            return store.imports()

    def imports(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = json.loads(
            self.run("entitlements", "list", "--imports", "--format", "json").stdout
        )["data"]
        return rows


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = Site(tmp_path)
    made.take(1, made.file("all.csv", ("Campus", 100), ("Plant", 60)))
    return made


def test_a_whole_export_that_drops_an_account_and_units_stops(site: Site) -> None:
    less = site.file("less.csv", ("Campus", 100), ("Labs", 10))
    said = site.take(5, less, code=2)
    for part in ("does not name Plant", "160 before, 110 now", "--whole-account", "--partial"):
        assert part in said
    assert site.owned() == {"Campus": 100, "Plant": 60}
    site.take(5, less, options=("--whole-account",))
    assert site.owned() == {"Campus": 100, "Labs": 10}
    assert site.owned("--as-of", "2026-05-03") == {"Campus": 100, "Plant": 60}


def test_partial_replaces_only_what_is_named(site: Site) -> None:
    said = site.take(5, site.file("less.csv", ("Campus", 90), ("Labs", 10)), options=("--partial",))
    assert "replaces import 1" in said
    assert "does not mention Plant: what was imported of them stays as it was" in said
    assert site.owned() == {"Campus": 90, "Labs": 10, "Plant": 60}


def test_an_account_that_moved_whole_is_no_loss(site: Site) -> None:
    said = site.take(5, site.file("moved.csv", ("Campus", 100), ("Factory", 60)))
    assert "no longer in it: Plant" in said
    assert site.owned() == {"Campus": 100, "Factory": 60}


def test_a_file_of_one_account_replaces_that_account(site: Site) -> None:
    said = site.take(5, site.file("one.csv", ("Campus", 7)))
    assert f"{LICENSE} 160 before, 67 now" in said
    assert site.owned() == {"Plant": 60, "Campus": 7}


def test_an_account_named_by_the_call_is_never_the_whole(site: Site) -> None:
    site.take(5, site.file("two.csv", ("Campus", 7), ("Labs", 1)), options=("--virtual-account", "Campus"))
    assert site.owned() == {"Plant": 60, "Campus": 7, "Labs": 1}


def test_an_older_file_does_not_count_and_says_so(site: Site) -> None:
    old = site.file("old.csv", ("Campus", 1))
    site.take(9, site.file("new.csv", ("Campus", 2)))
    assert "does not count today: newer imports tell of its accounts" in site.take(3, old)
    assert site.owned()["Campus"] == 2
    assert site.owned("--as-of", "2026-05-04")["Campus"] == 1


def test_a_file_without_the_name_of_the_one_smart_account_is_of_it(site: Site) -> None:
    nameless = site.folder / "nameless.csv"
    nameless.write_text("Virtual Account,License,License Type,Quantity,End Date\n" + f"Labs,{LICENSE},PERPETUAL,3,\n")
    site.take(2, nameless)
    site.take(5, site.file("whole.csv", ("Campus", 100), ("Plant", 63)))
    assert site.owned() == {"Campus": 100, "Plant": 63}


def test_a_dry_run_stores_nothing(site: Site) -> None:
    said = site.take(5, site.file("one.csv", ("Campus", 7)), options=("--dry-run",))
    assert "160 before, 67 now" in said
    assert len(site.imports()) == 1
    site.take(5, site.file("less.csv", ("Campus", 1), ("Labs", 1)), code=2, options=("--dry-run",))


def test_several_files_go_in_together_or_not_at_all(site: Site) -> None:
    good, bad = site.file("good.csv", ("Campus", 7)), site.folder / "bad.csv"
    bad.write_text(HEAD + "Example Networks,Plant,A,PERPETUAL,ten,0,,\n")
    assert "row 2" in site.take(5, good, bad, code=2)
    assert len(site.imports()) == 1
    site.take(5, good, site.file("also.csv", ("Plant", 8)))
    assert site.owned() == {"Campus": 7, "Plant": 8}


def test_files_of_one_call_that_drop_each_other_stop(tmp_path: Path) -> None:
    site = Site(tmp_path)
    files = site.file("emea.csv", ("Campus", 1), ("Plant", 2)), site.file("apac.csv", ("Labs", 3), ("Port", 4))
    said = site.take(5, *files, code=2)
    for part in ("apac.csv: does not name Campus, Plant", "another file of this call", "--partial"):
        assert part in said
    site.take(5, *files, options=("--partial",))
    assert site.owned() == {"Campus": 1, "Plant": 2, "Labs": 3, "Port": 4}


def test_files_of_one_call_that_take_each_others_place_stop(site: Site) -> None:
    first, second = site.file("a.csv", ("Campus", 7)), site.file("b.csv", (" campus", 5), license="Another license")
    said = site.take(5, first, second, code=2)
    for part in ("a.csv and ", "b.csv: both tell of campus", "take the place of the first", "in one file"):
        assert part in said
    assert len(site.imports()) == 1
    again = site.folder / "again.csv"
    again.write_bytes(first.read_bytes())
    site.take(5, first, again)
    site.take(6, second)
    assert site.owned()["campus"] == 5


def test_several_smart_accounts_are_several_imports(site: Site) -> None:
    rows = [("Example Networks", "Campus", 8), ("Example Labs", "Campus", 3)]
    license_row = {"license": LICENSE, "billingType": "PREPAID"}
    answer = [
        {
            "accountName": smart,
            "licenses": [
                license_row
                | {"virtualAccount": virtual, "licenseDetails": [{"licenseType": "PERPETUAL", "quantity": number}]}
            ],
        }
        for smart, virtual, number in rows
    ]
    path = site.folder / "both.json"
    path.write_text(json.dumps(answer))
    site.take(5, path)
    made = [(row["smart_account"], row["virtual_accounts"], row["counts"]) for row in site.imports()]
    assert made[1:] == [("Example Networks", ["Campus"], True), ("Example Labs", ["Campus"], True)]
    site.run("entitlements", "remove", 2)
    found = json.loads(site.run("entitlements", "list", "--format", "json").stdout)["data"]
    owned = {(row["smart_account"], row["virtual_account"]): row["terms"][0]["quantity"] for row in found}
    assert owned == {
        ("Example Networks", "Campus"): 100,
        ("Example Networks", "Plant"): 60,
        ("Example Labs", "Campus"): 3,
    }


def test_an_import_is_taken_back(site: Site) -> None:
    site.take(5, site.file("one.csv", ("Campus", 7), ("Labs", 3)), options=("--whole-account",))
    done = site.run("entitlements", "remove", 2)
    assert done.exit_code == 0
    assert "Labs: nothing is known of it now" in done.stdout
    assert "Campus, Plant: import 1" in done.stdout
    assert site.owned() == {"Campus": 100, "Plant": 60}
    assert [row["removed_at"] is None for row in site.imports()] == [True, False]
    for number, why in ((2, "was removed before"), (9, "no such import")):
        again = site.run("entitlements", "remove", number)
        assert again.exit_code == 2
        assert why in again.stderr


def test_names_that_match_nothing_are_told(site: Site) -> None:
    said = site.take(5, site.file("own.csv", ("Campus", 1), license="Invented Suite"))
    assert "no license of the catalogue and no box: Invented Suite" in said
    (site.folder / "catalogue.yaml").write_text("- {license: Invented Suite}\n")
    assert "no license of the catalogue" not in site.take(
        6, site.file("own.csv", ("Campus", 1), license="Invented Suite")
    )


def test_without_anything_imported_the_advice_is_to_import(tmp_path: Path) -> None:
    site = Site(tmp_path)
    for verb in (["list"], ["list", "--imports"], ["remove", "1"]):
        done = site.run("entitlements", *verb)
        assert done.exit_code == 2
        assert "licsweep entitlements import FILE" in done.stderr
        assert "sweep\n" not in done.stderr


def test_two_scopes_exclude_each_other(site: Site) -> None:
    said = site.take(5, site.file("one.csv", ("Campus", 7)), code=2, options=("--partial", "--whole-account"))
    assert "exclude each other" in said


def test_a_date_without_separators_is_that_day(site: Site) -> None:
    site.take(3, site.file("one.csv", ("Campus", 7)))
    assert site.owned("--as-of", "20260503") == site.owned("--as-of", "2026-05-03") == {"Plant": 60, "Campus": 7}
    assert site.owned("--as-of", "20260502")["Campus"] == 100


def test_names_in_project_files_that_nothing_uses_are_told(site: Site) -> None:
    files = {
        "waivers.yaml": "- {finding: unused-pool, subject: '*'}\n- {finding: shortage, subject: X}\n",
        "accounts.yaml": "smart_accounts:\n- name: Example Networks\n  virtual_accounts: [name: campus, name: Ghost]\n",
        "contract.yaml": "agreements: [{id: E, smart_account: X, suites: [{name: S, licenses: [license: No Such]}]}]\n",
        "catalog.yaml": "[]\n",
        "notes.yaml": "[]\n",
    }
    for name, text in files.items():
        (site.folder / name).write_text(text)
    said = site.run("reconcile").stderr.splitlines()
    assert said == [
        "catalog.yaml: nothing reads it; did you mean catalogue.yaml?",
        "waivers.yaml: row 2: shortage on X covers no finding",
        "accounts.yaml: Example Networks, Ghost: no import and no box knows this account",
        "contract.yaml: E: no import and no box knows X",
        "contract.yaml: E: no import, no box and no catalogue knows No Such",
    ]
    assert site.run("entitlements", "list").stderr.splitlines()[:1] == said[:1]


def test_one_entitlement_is_one_and_moments_are_of_whole_seconds(tmp_path: Path) -> None:
    site = Site(tmp_path)
    done = site.run("entitlements", "import", site.file("one.csv", ("Campus", 1)))
    assert "1 entitlement imported" in done.stdout
    site.take(5, site.file("two.csv", ("Campus", 1), ("Plant", 1)))
    assert "2 entitlements" in site.run("entitlements", "list").stderr
    assert "." in site.imports()[0]["imported_at"]
    shown = site.run("entitlements", "list", "--imports").stdout
    assert not re.search(r"[0-9]\.[0-9]+Z", shown.replace("\n", ""))


def test_the_newest_list_of_alerts_counts_and_makes_no_account_known(site: Site) -> None:
    table, none = site.folder / "alerts.csv", site.folder / "none.csv"
    table.write_text("Sev,Message,Source,Action Due,Actions\nMajor,Something,Elsewhere,Now,Actions\n")
    none.write_text("Sev,Message,Source,Action Due,Actions\n")
    told = site.take(2, table, options=("--smart-account", "Example Networks"))
    assert "import 2" in told
    assert "1 alerts of Example Networks" in told
    assert [(row["source"], row["counts"]) for row in site.imports()] == [
        ("cssm-licenses", True),
        ("cssm-alerts", True),
    ]
    assert [row["rows"] for row in site.imports()] == [2, 1]
    told = site.take(3, none, options=("--smart-account", "Example Networks", "--whole-account"))
    assert "replaces import 2" in told
    assert [row["counts"] for row in site.imports()] == [True, False, True]
    assert site.owned() == {"Campus": 100, "Plant": 60}
    counted = counted_imports(site.stored(), Tables.load(site.folder), datetime.now(UTC))
    assert [len(listed.alerts) for listed in counted.alerts] == [0]
    assert not counted.listed.accounts, "product instances were never imported"
