"""Writes the pages and schemas that are made from the program's own tables. `make docs` runs it, a test compares."""

import inspect
import json
from collections.abc import Iterator
from copy import copy
from dataclasses import fields
from importlib.metadata import metadata as package
from pathlib import Path
from typing import Any

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

from licsweep import serialization
from licsweep.cli import main
from licsweep.cli.explain import command as explain
from licsweep.cli.explain import entries
from licsweep.cli.outputs import kinds as verb_outputs
from licsweep.estate.credentials import JUMP_WORDS, WORDS
from licsweep.reports.schema import schemas
from licsweep.settings import Settings
from licsweep.store.tables import metadata
from licsweep.version import VERSION
from reconcile.findings.kinds import kinds

FOLDER = Path(__file__).parent
SHARE = FOLDER.parent / "share"  # in the wheel
COMPLETION: dict[str, type[ShellComplete]] = {
    "bash-completion/completions/licsweep": BashComplete,
    "zsh/site-functions/_licsweep": ZshComplete,
    "fish/vendor_completions.d/licsweep.fish": FishComplete,
}


def documents() -> dict[Path, str]:
    """Path and text of each generated page."""
    made = {
        "cli": _cli,
        "findings": _findings,
        "settings": _settings,
        "environment": _environment,
        "exit-codes": _exit_codes,
        "words": _words_page,
        "tables": _tables,
    }
    pages = {FOLDER / f"{name}.md": text() for name, text in made.items()}
    for name, kind in verb_outputs().items():
        pages[FOLDER / "schemas" / f"{name}.json"] = json.dumps(serialization.schema(kind), indent=1) + "\n"
    for name, schema in schemas().items():
        pages[FOLDER / "schemas" / f"{name}.json"] = json.dumps(schema, indent=1) + "\n"
    for place, shell in COMPLETION.items():
        one = shell(main, {}, "licsweep", "_LICSWEEP_COMPLETE")
        pages[SHARE / place] = (one.source_template % one.source_vars()).lstrip()
    pages[SHARE / "man" / "man1" / "licsweep.1"] = _man_page()
    return pages


def _man_page() -> str:
    """licsweep(1): the shared options once, then every verb."""
    top = click.Context(main, info_name="licsweep", **main.context_settings)
    parts = [
        f'.TH LICSWEEP 1 "" "licsweep {VERSION}" "licsweep"\n',
        f".SH NAME\nlicsweep \\- {_roff(package('licsweep')['Summary'])}\n",
        ".SH SYNOPSIS\n.B licsweep\n[\\-\\-project DIR] VERB [OPTIONS] [ARGUMENTS]\n",
        f".SH DESCRIPTION\n{_roff(str(main.help))}\n.SH OPTIONS\nAfter every verb:\n",
        *_options(top, [one for one in explain.params if one.name in SHARED]),
        ".SH VERBS\n",
    ]
    for one in _contexts(main, top):
        pieces = " ".join(one.command.collect_usage_pieces(one))
        parts.append(f".SS {_roff(f'{one.command_path} {pieces}')}\n{_roff(one.command.help or '')}\n")
        parts += _options(one, [option for option in one.command.params if option.name not in SHARED])
    parts.append(
        ".SH ENVIRONMENT\nLICSWEEP_PROJECT is the project folder; LICSWEEP_ and the name of a setting in capitals is "
        "that setting; LICSWEEP_USERNAME and LICSWEEP_PASSWORD are the credentials. No option takes a password.\n"
        ".SH EXIT STATUS\n"
    )
    codes = [(names[0], " ".join(text.split())) for kind, names, text in entries() if kind == "exit code"]
    return "".join((*parts, *(f".TP\n.B {code}\n{_roff(text)}\n" for code, text in codes)))


def _contexts(group: click.Group, above: click.Context) -> Iterator[click.Context]:
    """The context of every verb, and of the verbs of verbs after theirs."""
    for name in main.list_commands(above) if group is main else group.commands:
        if (command := group.get_command(above, name)) is not None:
            yield (own := click.Context(command, info_name=name, parent=above))
            if isinstance(command, click.Group):
                yield from _contexts(command, own)


def _options(context: click.Context, params: list[click.Parameter]) -> Iterator[str]:
    for one in params:
        record = one.get_help_record(context)
        if record and record[1]:
            yield f".TP\n.B {_roff(record[0])}\n{_roff(record[1])}\n"


def _roff(text: str) -> str:
    """Text as roff prints it as it is; paragraphs stay."""
    lines = [line.strip().replace("\\", "\\e").replace("-", "\\-") for line in text.strip().split("\n")]
    return "\n".join("\\&" + line if line.startswith((".", "'")) else line or ".PP" for line in lines)


def _cli() -> str:
    """Each verb with its own options and an example; what all verbs share stands once, at the top."""
    context = click.Context(main, info_name="licsweep", **main.context_settings)
    examples: dict[str, str] = serialization.load_yaml_file(FOLDER / "examples.yaml", dict[str, str])
    shared = [one for one in explain.params if one.name in SHARED]
    formatter = click.HelpFormatter(width=100)
    formatter.write_dl([row for one in shared if (row := one.get_help_record(context))])
    parts = [
        "# The command line\n\nGenerated from the program: `make docs`. `licsweep VERB --help` prints the same. Exit\n"
        "codes: [exit-codes.md](exit-codes.md); words that are printed: [words.md](words.md).\n\n"
        f"## Options of every verb\n\n`-h, --help`, and:\n\n```text\n{formatter.getvalue()}```\n"
    ]
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        if command is not None:
            parts += _help(command, click.Context(command, info_name=name, parent=context), examples)
    if examples:
        raise SystemExit(f"docs/examples.yaml: no such verb: {', '.join(examples)}")
    return "\n".join(parts)


SHARED = ("project_folder", "quiet", "log_format", "log_level", "no_color", "debug")


def _help(command: click.Command, context: click.Context, examples: dict[str, str]) -> list[str]:
    """The help without the shared options, then the example, which is taken out of `examples`."""
    context.terminal_width = 100
    verb = context.command_path.removeprefix("licsweep ")
    if isinstance(command, click.Group):
        parts = [f"## {context.command_path}\n\n{inspect.cleandoc(command.help or '')}\n"]
        order = [*examples]  # an example may need what one before it made
        for name, sub in sorted(command.commands.items(), key=lambda one: [f"{verb} {one[0]}" != key for key in order]):
            parts += _help(sub, click.Context(sub, info_name=name, parent=context), examples)
        return parts
    if verb not in examples:
        raise SystemExit(f"docs/examples.yaml: add an example of {context.command_path}")
    own = copy(command)
    own.params = [one for one in command.params if one.name not in SHARED]
    own.add_help_option = False
    text = f"```text\n{own.get_help(context)}\n```\n"
    return [f"## {context.command_path}\n\n{text}\n```sh\n{examples.pop(verb).strip()}\n```\n"]


def _environment() -> str:
    """Every LICSWEEP_ variable: settings, words of credentials, the project."""
    parts = [
        "# Variables of the environment\n\nMade from the program. A setting in the environment counts before\n"
        "licsweep.toml, a flag of a verb before both.\n\n| variable | is |\n|---|---|\n"
        "| `LICSWEEP_PROJECT` | the project folder, where `--project` names none |\n"
    ]
    parts += [
        f"| `LICSWEEP_{word.upper()}` | `{word}` of the credential set `default` |\n" for word in (*WORDS, *JUMP_WORDS)
    ]
    parts += [
        f"| `LICSWEEP_CREDENTIALS_SET_{word.upper()}` | `{word}` of the credential set `SET` |\n" for word in WORDS
    ]
    parts += [f"| `LICSWEEP_{one.name.upper()}` | {one.metadata['meaning']} |\n" for one in fields(Settings)]
    return "".join(parts) + (
        "| `NO_COLOR` | no colors, as `--no-color` |\n\n"
        "Where the words of credentials come from otherwise: [credentials.md](credentials.md). What a setting may be:\n"
        "[settings.md](settings.md). Libraries read variables of their own: `SSH_AUTH_SOCK`, `PGPASSFILE`.\n"
    )


def _exit_codes() -> str:
    rows = [(names[0], text) for kind, names, text in entries() if kind == "exit code"]
    table = "".join(f"| {code} | {' '.join(text.split())} |\n" for code, text in rows)
    errors = "".join(
        f"| {names[0]} | {' '.join(text.split())} |\n" for kind, names, text in sorted(entries()) if kind == "error"
    )
    return (
        "# Exit codes and error codes\n\nMade from the program; `licsweep explain CODE` prints one of them.\n\n"
        f"| exit code | meaning |\n|---|---|\n{table}\n"
        "`check --nagios` ends as the plug-in guidelines say: 0 ok, 1 warning, 2 critical, 3 unknown.\n\n"
        f"| error | meaning |\n|---|---|\n{errors}"
    )


def _words_page() -> str:
    """The words of single fields, by kind; findings, errors, settings and exit codes have pages of their own."""
    parts = ["# Words that are printed\n\nMade from the program; `licsweep explain WORD` prints one of them.\n"]
    own = ("error", "setting", "exit code", "metric")
    kinds_of: dict[str, list[tuple[str, str]]] = {}
    for kind, names, text in entries():
        if kind not in own and not kind.startswith("finding"):
            kinds_of.setdefault(kind, []).append((names[0], " ".join(text.split())))
    for kind, rows in kinds_of.items():
        table = "".join(f"| `{word}` | {text} |\n" for word, text in rows)
        parts.append(f"\n## {kind[0].upper()}{kind[1:]}\n\n| word | meaning |\n|---|---|\n{table}")
    return "".join(parts)


def _tables() -> str:
    """Tables and columns of the store, from their definition."""
    parts = [
        "# Tables of the database\n\nMade from licsweep/store/tables.py. How to read: [database.md](database.md).\n"
    ]
    for table in metadata.sorted_tables:
        rows = "".join(f"| `{one.name}` | {_column(one)} |\n" for one in table.columns)
        parts.append(f"## {table.name}\n\n{TABLES_ARE[table.name]}\n\n| column | holds |\n|---|---|\n{rows}")
    return "\n".join(parts)


TABLES_ARE = {
    "snapshot": "One sweep or ingest.",
    "host_result": "How one host ended in one snapshot. `rank`: 2 whole observation, 1 what could be read, 0 none.",
    "retirement": "A host that does not count from `at` on, until `undone_at`.",
    "entitlement_import": "One import of what was bought; which of them counts is decided on reading.",
    "entitlement": "Its entitlements, in `body` as JSON.",
    "product_instance": "The product instances of CSSM's list, in `body` as JSON.",
    "cssm_alerts": "A list of alerts, in `body` as JSON.",
    "courier_file": "A file that the courier keeps under its sha256.",
    "courier_parcel": "What was packed for one virtual account.",
    "courier_entry": "The ledger: what happened to each report, when and by whom. Rows are only added.",
}


def _column(column: Any) -> str:
    kind = {"UtcText": "time in UTC", "Words": "text", "LargeBinary": "packed bytes"}.get(
        type(column.type).__name__, type(column.type).__name__.lower()
    )
    key = "".join(f", of {one.column.table.name}" for one in column.foreign_keys)
    return f"{kind}{key}{', or NULL' if column.nullable else ''}"


def _findings() -> str:
    """Every kind of finding with its meaning, cause and remedy."""
    parts = ["# Findings\n\nMade from `reconcile/tables/findings.yaml`; `licsweep explain CODE` prints one of them.\n"]
    for kind in kinds():
        parts.append(
            f"\n## {kind.code} {kind.slug} ({kind.severity})\n\n{kind.meaning}\n\n"
            f"- Cause: {kind.cause}\n- Remedy: {kind.remedy}\n"
        )
    return "".join(parts)


def _settings() -> str:
    """Every setting with its default, range and meaning."""
    parts = [
        "# Settings\n\nMade from licsweep/settings.py. A setting stands in `licsweep.toml`, or in the environment as\n"
        "`LICSWEEP_` and its name in capitals; a flag of a verb counts before both. `licsweep config` shows each\n"
        "value and where it came from. Paths are relative to the project folder; `~` is a home folder. What is out of\n"
        "range, and a name that is no setting, is refused with file and line. Secrets are never settings:\n"
        "[credentials.md](credentials.md). `max_auth_failures = N` of the first releases is read as\n"
        "`lockout_after = N + 1`. Tables: `[inventory]` ([inventory.md](inventory.md)), `[credentials.NAME]`,\n"
        "`[export.netbox]` ([export](how-to/export.md)), `[entitlements.NAME]` ([fetch](how-to/on-prem.md)).\n\n"
        "| setting | default | range | meaning |\n|---|---|---|---|\n"
    ]
    for one in fields(Settings):
        least, most = one.metadata["least"], one.metadata["most"]
        limits = "" if isinstance(one.default, str) else f"{least:,} to {most:,}"
        parts.append(f"| `{one.name}` | `{json.dumps(one.default)}` | {limits} | {one.metadata['meaning']} |\n")
    return "".join(parts)


if __name__ == "__main__":
    for path, text in documents().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(path)
