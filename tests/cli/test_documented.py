"""Every command that README and docs show is run, on a simulated estate that is up; what is not run stands in
documented.yaml with the reason, and is parsed: its verb and its options are offered.
"""

import os
import re
import shlex
import shutil
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest
import yaml

from licsweep.cli import main
from licsweep.simulator.cssm import SimulatedCssm
from licsweep.simulator.estate import SimulatedEstate
from licsweep.simulator.rum import UsageReports
from tests.cli.conftest import ROOT
from tests.preloaded import PRELOADED

TABLE = yaml.safe_load(Path(__file__).with_name("documented.yaml").read_text())
PAGES = sorted(
    str(page.relative_to(ROOT))
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *ROOT.glob("docs/**/*.md"))
)
SHORT_WAITS = {
    "COMMAND_TIMEOUT": "2",
    "DEVICE_DEADLINE": "4",
    "CONNECT_TIMEOUT": "2",
    "START_JITTER": "0",
    "RETRIES": "0",
}
REAL = ("sha256sum", "unzip", "cp", "ls", "head", "sqlite3")  # programs that a page may call


def shown(text: str) -> list[str]:
    """The lines of the blocks of commands of a page, in their order; a line that goes on with a backslash is one."""
    blocks = re.findall(r"^ *```(?:sh|console)\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [line.strip().removeprefix("$ ") for line in lines if line.strip()]


def mentioned(text: str) -> list[str]:
    """Commands of ours within sentences and in blocks that are indented."""
    fenced = re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL)
    inline = [one.replace("\n", " ") for one in re.findall(r"`(licsweep [a-z][^`]*)`", fenced)]
    return inline + re.findall(r"^ {4,}(licsweep .*)", fenced.replace("\\\n", " "), re.MULTILINE)


def queries(text: str) -> list[str]:
    """The queries of a page."""
    return re.findall(r"^```sql\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def calls(line: str) -> list[list[str]]:
    """The words of each call of a line of the shell."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=";&|<>")
    lexer.whitespace_split = True
    found: list[list[str]] = [[]]
    for word in lexer:
        if set(word) <= set(";&|"):
            found.append([])
        else:
            found[-1].append(word)
    return [words for words in found if words]


def wrong(words: list[str]) -> str:
    """What the program does not offer of a call of licsweep; "" where it offers all. Placeholders will do as values."""
    words = [word.strip("[]") for word in words if word not in ("...", "[...]")]
    context = click.Context(main, info_name="licsweep")
    command: click.Command = main
    rest = words[1:]
    try:
        while isinstance(command, click.Group):
            _, rest, _ = command.make_parser(context).parse_args(list(rest))
            if not rest:
                return ""
            if rest[0] in ("KIND", "VERB"):
                return ""
            found = command.get_command(context, rest[0])
            if found is None:
                return f"no verb {rest[0]}"
            command, rest = found, rest[1:]
            context = click.Context(command, parent=context)
        context.allow_extra_args = False
        command.make_parser(context).parse_args(list(rest))
    except click.UsageError as error:
        return error.format_message()
    return ""


@pytest.mark.parametrize("page", PAGES)
def test_every_verb_and_option_of_a_page_is_offered(page: str) -> None:
    text = (ROOT / page).read_text()
    ours = [
        call for line in (*shown(text), *mentioned(text)) for call in calls(line) if Path(call[0]).name == "licsweep"
    ]
    assert {" ".join(call): told for call in ours if (told := wrong(call))} == {}


@pytest.mark.parametrize(
    "line", ["licsweep sweeep", "licsweep sweep --fastest", "licsweep courier fly", "licsweep sweep --workers"]
)
def test_a_command_that_is_not_offered_would_be_seen(line: str) -> None:
    assert wrong(calls(line)[0])
    assert shown(f"```sh\n{line}   # why\n```\n") == [f"{line}   # why"]
    assert mentioned(f"Use `{line}`.\n") == [line]


@dataclass
class Lab:
    """A project whose estate is up, swept once, with what was bought; `environment` has the words to log in with."""

    folder: Path
    environment: dict[str, str]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with SimulatedEstate(12) as estate:
        folder = tmp_path_factory.mktemp("lab")
        estate.write_project(folder)
        hosts = yaml.safe_load((folder / "inventory" / "hosts.yaml").read_text())
        slow = {one.name for one in estate.devices if one.expected_outcome in ("timed-out", "auth-failed")}
        kept = {name: entry for name, entry in hosts.items() if name not in slow}
        (folder / "inventory" / "hosts.yaml").write_text(yaml.safe_dump(kept))
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LICSWEEP_")}
        environment |= {f"LICSWEEP_{name}": value for name, value in SHORT_WAITS.items()}
        environment |= {"LICSWEEP_USERNAME": estate.username, "LICSWEEP_PASSWORD": estate.password}
        made = Lab(folder, environment)
        for line in ("sweep", "entitlements import entitlements/cssm-licenses.csv"):
            assert PRELOADED.run(line.split(), None, environment, folder)[0] in (0, 3)
        prepare(folder, estate)
        yield made


def prepare(folder: Path, estate: SimulatedEstate) -> None:
    """What the pages say that people have beside: a calendar, a usage file on a stick, lists and texts."""
    today = datetime.now(UTC)
    trips = [{"date": today.date() + timedelta(days), "sites": ["hq", "br"]} for days in (5, 25)]
    (folder / "courier.yaml").write_text(yaml.safe_dump({"turnaround_days": 14, "trips": trips}))
    (folder / "hosts.csv").write_text("Name,IP Address,Platform\nacc-berlin-01,192.0.2.11,cisco_xe\n")
    device = next(one for one in estate.devices if one.name == "hq-acc-002")
    uses = [("network-advantage", "regid.a", 2)]
    reports = UsageReports(
        device=device, uses=uses, second_layout=False, acked_at=None, began=today - timedelta(days=100)
    )
    text = ROOT / "fixtures/cisco_xe/show_license_all/slup_5.3_stack_two_tags_one_feature/output.txt"
    (folder / "captures" / "acc-01").mkdir(parents=True)
    shutil.copy(text, folder / "captures" / "acc-01" / "show_license_all.txt")
    shutil.copy(folder / "entitlements" / "cssm-licenses.csv", folder)
    bought = (ROOT / "inventory" / "entitlements.yaml").read_text()
    (folder / "labs.yaml").write_text(bought.replace("Example Networks", "Example Labs"))
    shutil.copytree(ROOT / "contrib", folder / "contrib")
    (folder / "stick").mkdir()
    (folder / "stick" / "rum.txt").write_bytes(reports.save("all", 0) or b"")


@dataclass
class Terminal:
    """Enough of a shell for the pages: comments, `;`, `&&`, globs, cd, mkdir and export; `/` and `~` are `root`."""

    lab: Lab
    folder: Path
    root: Path
    environment: dict[str, str]
    words: dict[str, str] = field(default_factory=lambda: dict(TABLE["words"]))
    ran: int = 0

    def type(self, line: str) -> None:
        for call in calls(line):
            self._call([part for word in call for part in self._expanded(word)])

    def _expanded(self, word: str) -> list[str]:
        word = self.words.get(word, word)
        if word.startswith(("~/", "/")):
            place = self.root / word.lstrip("~/")
            place.parent.mkdir(parents=True, exist_ok=True)
            return [str(place)]
        found = sorted(str(path.relative_to(self.folder)) for path in self.folder.glob(word)) if "*" in word else []
        return found or [word]

    def _call(self, call: list[str]) -> None:
        first, *rest = call
        if Path(first).name == "licsweep":
            self._verb(rest)
        elif first == "cd":
            self.folder /= rest[0]
        elif first == "mkdir":
            (self.folder / rest[-1]).mkdir(exist_ok=True)
        elif first == "export":
            given = (one.partition("=") for one in rest)
            self.environment = {name: value for name, _, value in given if value} | self.environment
        elif first in REAL:
            subprocess.run(call, cwd=self.folder, check=True, capture_output=True)
        else:
            assert Path(first).name in TABLE["not-run"], f"{first}: neither run nor in documented.yaml"

    def _verb(self, words: list[str]) -> None:
        said = " ".join(words)
        if any(said.startswith(one) for one in TABLE["elsewhere"]):
            return
        if words[0] == "init" and (place := self.folder.joinpath(*words[1:2])).is_symlink():
            place.unlink()
        words += TABLE["answers"].get(said, [])
        code, out, err = PRELOADED.run(words, None, self.environment | {"HOME": str(self.root)}, self.folder)
        wanted = next((codes for begin, codes in TABLE["codes"].items() if said.startswith(begin)), [0])
        assert code in wanted, f"licsweep {said}: exit code {code}\n{out[-500:]}\n{err}"
        assert "Traceback" not in err, err
        self.ran += 1
        if said.startswith("courier pack"):
            self._upload()
        if words[0] == "init":  # then people write their hosts
            shutil.copytree(
                self.lab.folder / "inventory", self.folder.joinpath(*words[1:2], "inventory"), dirs_exist_ok=True
            )

    def _upload(self) -> None:
        """What the office does with a parcel: CSSM's acknowledgements come back in the folder `back`."""
        back = self.folder / "back"
        back.mkdir(exist_ok=True)
        for parcel in sorted((self.folder / "courier" / "parcels").iterdir()):
            self.words |= {"PARCEL": parcel.name, "2026-11-26T15:00:00Z": datetime.now(UTC).isoformat()}
            for file in sorted((parcel / "upload").iterdir()):
                name, ack = SimulatedCssm("Example Networks").acknowledge(file.name, file.read_bytes())
                (back / name).write_bytes(ack)


RUN = [page for page in PAGES if page not in TABLE["pages"] and shown((ROOT / page).read_text())]


@pytest.mark.parametrize("page", RUN)
def test_the_commands_of_a_page_are_run(lab: Lab, tmp_path: Path, page: str) -> None:
    """Each page begins with a project of its own, in which the lab was swept once."""
    folder, root = tmp_path / "project", tmp_path / "root"
    shutil.copytree(lab.folder, folder)
    (root / "var/lib").mkdir(parents=True)
    (root / "var/lib/licsweep").symlink_to(folder)
    (root / "var/lib/prometheus/node-exporter").mkdir(parents=True)
    shutil.copy(folder / "entitlements" / "cssm-licenses.csv", root)
    terminal = Terminal(lab, folder, root, dict(lab.environment))
    text = (ROOT / page).read_text()
    for name, block in re.findall(r"^```\w+\n# ([\w.]+)(.*?)^```", text, re.MULTILINE | re.DOTALL) * (
        page in TABLE["writes"]
    ):
        (folder / name).write_text(f"# {name}{block}")
    for line in shown(text):
        terminal.type(line)


@pytest.mark.parametrize("page", [page for page in PAGES if queries((ROOT / page).read_text())])
def test_the_queries_of_a_page_find_rows(lab: Lab, page: str) -> None:
    with closing(sqlite3.connect(f"file:{lab.folder}/licsweep.db?mode=ro", uri=True)) as database:
        for query in queries((ROOT / page).read_text()):
            assert database.execute(query).fetchall(), query
        assert not database.execute("SELECT * FROM host_result WHERE hostname = 'nobody'").fetchall()


def test_the_views_hold_what_the_program_says(lab: Lab, tmp_path: Path) -> None:
    copied = tmp_path / "copy.db"
    assert PRELOADED.run(["store", "copy", "licsweep.db", str(copied)], None, lab.environment, lab.folder)[0] == 0
    with closing(sqlite3.connect(copied)) as database:
        database.executescript((ROOT / "contrib" / "sql" / "views.sql").read_text())
        hosts = dict(database.execute("SELECT hostname, status FROM v_host"))
        outcomes = dict(database.execute("SELECT outcome, hosts FROM v_outcome WHERE snapshot = 1"))
        imports = database.execute("SELECT entitlements, product_instances FROM v_import").fetchall()
        database.execute("SELECT * FROM v_report").fetchall()
    assert outcomes == dict(Counter(hosts.values()))
    assert outcomes["ok"] > 5
    assert [(row[0] > 5, row[1]) for row in imports] == [(True, 0)]


def test_a_command_that_fails_or_is_neither_run_nor_excused_would_be_seen(lab: Lab, tmp_path: Path) -> None:
    terminal = Terminal(lab, lab.folder, tmp_path, dict(lab.environment))
    for line in ("licsweep show nobody", "licsweep show hq-acc-001 && rsync a b"):
        with pytest.raises(AssertionError):
            terminal.type(line)
    assert terminal.ran == 1
