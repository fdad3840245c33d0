"""The shipped tables: each row with its source, no tag or label claimed twice; a project's file errs with its line."""

from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from licsweep.errors import InputError
from reconcile.findings.waivers import waived
from reconcile.instances.releases import older
from reconcile.judge import JudgementInput, judge
from reconcile.tables.rows import LicenseTypeRow, WaiverRow
from reconcile.tables.tables import Tables, norm, shipped, slug

SHIPPED = Tables.load()


def test_every_row_has_source_and_confidence() -> None:
    assert SHIPPED.shipped
    releases = SHIPPED.releases
    tables = (
        SHIPPED.shipped,
        SHIPPED.reporters,
        shipped("license_types", LicenseTypeRow),
        SHIPPED.chains,
        SHIPPED.counting,
        SHIPPED.pairing,
        SHIPPED.consequences,
        releases.slup,
        releases.service_affecting,
        releases.cssm_root,
        releases.onprem,
        releases.first_report,
    )
    assert all(tables)
    for table in tables:
        assert [row for row in table if not (row.source and row.confidence)] == []


def test_nothing_is_claimed_twice() -> None:
    claims = Counter(norm(text) for row in SHIPPED.shipped for text in {row.license, *row.tags, *row.labels})
    assert [text for text, times in claims.items() if times > 1] == []
    ids = Counter(slug(row.license) for row in SHIPPED.shipped)
    assert [name for name, times in ids.items() if times > 1] == []


def test_a_license_type_has_several_names() -> None:
    assert SHIPPED.type_of("protect") == SHIPPED.type_of("IPS") == SHIPPED.type_of("THREAT") != SHIPPED.type_of("URL")
    assert SHIPPED.type_of("Carrier") == "carrier"


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
        ("catalogue.yaml", "- license: A\n  unit_price: -1\n", ["catalogue.yaml:2", "0.unit_price"]),
        (
            "accounts.yaml",
            "smart_accounts:\n- name: A\n  virtual_accounts: [{name: V, buffer_percent: -5}]\n",
            ["accounts.yaml:3", "buffer_percent"],
        ),
        ("labels.yaml", "- label: A\n", ["labels.yaml:1", "0.tag"]),
        ("reporters.yaml", "- {url: x, reported_by: nobody}\n", ["reporters.yaml:1", "reported_by"]),
        ("substitution.yaml", "- {chain: [a, b]}\n- {chains: [a]}\n", ["substitution.yaml:2", "1.chain"]),
        ("counting.yaml", "- product: x\n  ha: each\n  unitt: y\n", ["counting.yaml:3", "0.unitt"]),
        ("counting.yaml", "- {product: x, ha: never}\n", ["counting.yaml:1", "0.ha"]),
        (
            "accounts.yaml",
            "smart_accounts:\n- name: A\n  virtual_account: []\n",
            ["accounts.yaml:3", "virtual_account"],
        ),
        (
            "accounts.yaml",
            "smart_accounts:\n- {name: A, aliases: [X]}\n- {name: B, domain: x}\n",
            ["accounts.yaml", "x"],
        ),
        ("onprem.yaml", "servers:\n- name: s\n  last_sync: soon\n", ["onprem.yaml:3", "last_sync"]),
        ("contract.yaml", "agreements:\n- id: E\n  suite: []\n", ["contract.yaml:3", "agreements.0.suite"]),
        ("contract.yaml", "subscriptions:\n- {id: S, license: A, quantity: -1}\n", ["contract.yaml:2", "quantity"]),
        ("contract.yaml", "agreements:\n- {id: E, true_forward: [soon]}\n", ["contract.yaml:2", "true_forward.0"]),
        ("contract.yaml", "agreements:\n- {id: E, end: 9999-12-31}\n", ["contract.yaml:2", "1900 to 2999"]),
        ("contract.yaml", "subscriptions:\n- {id: S, license: A, quantity: 1, end: 9999-12-31}\n", ["1900 to 2999"]),
        ("tokens.yaml", "- {id: T, expires: 9999-12-31}\n", ["tokens.yaml:1", "1900 to 2999"]),
        ("contract.yaml", "agreements:\n- {id: E, allowance: .nan}\n", ["contract.yaml:2", "allowance.0.percent"]),
        ("contract.yaml", "agreements:\n- {id: E, discount_percent: 101}\n", ["contract.yaml:2", "discount_percent"]),
        (
            "contract.yaml",
            "agreements:\n- {id: E, unit_price: 9, list_price: 10, discount_percent: 5}\n",
            ["contract.yaml:2", "unit_price 9"],
        ),
        ("contract.yaml", "agreements:\n- {id: E}\n- {id: e}\n", ["agreement e stands there twice"]),
        ("contract.yaml", "agreements:\n- {id: E, suites: [{name: S}, {name: S}]}\n", ["contract.yaml:2", "suite s"]),
        (
            "contract.yaml",
            "agreements:\n- {id: E, start: 2026-02-01, end: 2026-01-01}\n",
            ["contract.yaml:2", "before"],
        ),
        (
            "contract.yaml",
            "agreements:\n- id: E\n  suites:\n  - {name: S, licenses: [license: A x]}\n"
            "  - name: T\n    licenses:\n    - license: B\n    - license: a-X\n",
            ["contract.yaml:8", "agreements.0.suites.1.licenses.1.license", "suite S of the same scope"],
        ),
        ("tokens.yaml", "- id: T\n- {id: U, plane: moon}\n", ["tokens.yaml:2", "1.plane"]),
        ("waivers.yaml", "- {finding: shortage, subject: x, until: 31.12.2026}\n", ["waivers.yaml:1", "0.until"]),
        ("releases.yaml", "slup:\n- {product: x, from: 1}\n", ["releases.yaml:2", "slup.0.from"]),
        ("pairing.yaml", "- {needs: [x]}\n", ["pairing.yaml:1", "0.addon"]),
        ("limits.yaml", "- {name: no_such_limit, value: 1}\n", ["limits.yaml:1", "0.name"]),
        ("consequences.yaml", "- {product: x, platforms: cisco_xe}\n", ["consequences.yaml:1", "platforms"]),
        ("catalogue.json", '[{"license": "A"},\n {"license": "B", "tagz": []}]', ["catalogue.json:2", "1.tagz"]),
    ],
)
def test_a_wrong_file_is_named_with_line_and_key(tmp_path: Path, name: str, text: str, said: list[str]) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError) as caught:
        Tables.load(tmp_path)
    assert all(part in str(caught.value) for part in said)


def test_a_growth_trigger_may_stand_in_three_places(tmp_path: Path) -> None:
    text = """agreements:
- id: E
  true_forward: [2027-07-01, {kind: growth, percent: 10}, 2026-07-01]
  triggers: [{kind: growth, percent: 20}]
  trigger: {kind: growth, percent: 30}
"""
    (tmp_path / "contract.yaml").write_text(text)
    (agreement,) = Tables.load(tmp_path).contract.agreements
    assert [one.percent for one in agreement.all_triggers] == [10, 20, 30]
    assert agreement.dates == [date(2026, 7, 1), date(2027, 7, 1)]


TWO = """agreements:
- {{id: A, smart_account: X, {}, suites: [{{name: S, licenses: [license: L]}}]}}
- {{id: B, smart_account: X, {}, suites: [{{name: S, licenses: [license: L]}}]}}
"""


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ("virtual_accounts: [a]", "virtual_accounts: [b]", True),
        ("virtual_accounts: [a]", "virtual_accounts: [b, A]", False),
        ("virtual_accounts: [a]", "virtual_accounts: []", False),
        ("end: 2026-06-30", "start: 2026-07-01", True),
        ("end: 2026-06-30", "start: 2026-06-30", False),
    ],
)
def test_a_license_may_stand_in_suites_of_scopes_apart(tmp_path: Path, one: str, other: str, apart: bool) -> None:
    (tmp_path / "contract.yaml").write_text(TWO.format(one, other))
    if apart:
        assert len(Tables.load(tmp_path).contract.agreements) == 2
        return
    with pytest.raises(InputError, match="same scope"):
        Tables.load(tmp_path)


def test_a_large_file_of_remarks_is_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "accounts.yaml").write_text("# nothing yet\n" * 40_000)
    assert Tables.load(tmp_path).accounts == SHIPPED.accounts


def test_two_names_of_one_license_are_counted_once(tmp_path: Path) -> None:
    suites = "[{name: S, licenses: [{license: C9300 Network Advantage}, {license: C9300-24 Network Advantage}]}]"
    (tmp_path / "contract.yaml").write_text(f"agreements: [{{id: E, suites: {suites}}}]")
    with pytest.raises(InputError, match="are one license"):
        judge(JudgementInput(as_of=datetime(2026, 6, 1, tzinfo=UTC), tables=Tables.load(tmp_path)))


ALIAS = "smart_accounts:\n- {name: X, domain: x.example, aliases: [Ex]}\n- {name: Y}\n"


@pytest.mark.parametrize(("other", "apart"), [("x.example", False), (" ex ", False), ("~", False), ("Y", True)])
def test_suites_meet_by_every_name_of_a_smart_account(tmp_path: Path, other: str, apart: bool) -> None:
    """One that names no account may be over any of them."""
    (tmp_path / "accounts.yaml").write_text(ALIAS)
    same = TWO.replace("id: B, smart_account: X", f"id: B, smart_account: {other}")
    (tmp_path / "contract.yaml").write_text(same.format("start: 2026-01-01", "start: 2026-01-01"))
    if apart:
        assert len(Tables.load(tmp_path).contract.agreements) == 2
        return
    with pytest.raises(InputError, match="same scope"):
        Tables.load(tmp_path)


def test_an_empty_file_overrides_nothing(tmp_path: Path) -> None:
    (tmp_path / "catalogue.yaml").write_text("")
    assert Tables.load(tmp_path) == SHIPPED


def test_a_table_that_stands_there_twice_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "catalogue.yaml").write_text("- {license: A}\n")
    (tmp_path / "catalogue.json").write_text('[{"license": "A"}]')
    with pytest.raises(InputError, match="catalogue"):
        Tables.load(tmp_path)


@pytest.mark.parametrize(
    ("release", "floor", "is_older"),
    [
        ("17.3.2", "17.3.2", False),
        ("17.03.04a", "17.3.4", False),
        ("17.10.1", "17.3.2", False),
        ("16.12.5b", "17.3.2", True),
        ("17.3", "17.3.2", True),
        ("10.2(1)F", "10.2(1)", False),
        ("9.3(13)", "10.2(1)", True),
        ("8-202012", "8-202102", True),
        ("9-202406", "8-202102", False),
        ("", "17.3.2", False),
        ("unknown", "17.3.2", False),
    ],
)
def test_releases_are_compared_number_by_number(release: str, floor: str, is_older: bool) -> None:
    assert older(release, floor) is is_older


@pytest.mark.parametrize(("finding", "known"), [("shortage", True), ("cssm-alert", True), ("shortages", False)])
def test_a_waiver_of_nothing_is_an_error(finding: str, known: bool) -> None:
    rows = [WaiverRow(finding=finding, subject="*", owner="ann", reason="", until=None)]
    if known:
        assert waived((), rows, date(2026, 11, 24)) == ()
        return
    with pytest.raises(InputError, match="row 1: finding: shortages"):
        waived((), rows, date(2026, 11, 24))
