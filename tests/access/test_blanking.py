"""Secrets are removed before anything is stored; whether one is set stays visible."""

from urllib.parse import quote

import pytest

from licsweep.access.blanking import BLANKED, blank, is_configuration
from tests.access.secret_forms import ECHOES, HARMLESS, KEYED
from tests.reading.cases import Case, cases

PROXY = """  Proxy:
    Address: 192.0.2.80
    Port: 8080
    Username: {user}
    Password: {password}
  VRF: <empty>
"""


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_words_go_and_lines_stay(end: str) -> None:
    text = PROXY.format(user="svc-license", password="hunter 2: x").replace("\n", end)
    blanked = blank(text)
    assert "svc-license" not in blanked
    assert "hunter" not in blanked
    assert blanked.count(BLANKED) == 2
    assert blanked.count(end) == text.count(end)
    assert "Address: 192.0.2.80" in blanked


@pytest.mark.parametrize("word", ["<empty>", "<none>", ""])
def test_unset_stays_as_printed(word: str) -> None:
    text = PROXY.format(user=word, password=word)
    assert blank(text) == text


def test_a_word_that_looks_unset_but_is_not_goes() -> None:
    assert "secret" not in blank("    Password: <empty>secret\n")


WORD, OTHER = "Quill#Ω9/ma%ple", "N0t-shown-4-you"
PLAIN_WORD = "Quillma9ple-tree"
ASKED = "zx81QUILLmaple77"


@pytest.mark.parametrize("word", [WORD, PLAIN_WORD, "two \"words' & more"])
@pytest.mark.parametrize("name", ECHOES)
def test_the_runs_own_word_goes_in_every_form(name: str, word: str) -> None:
    text = f"Count: 41\n{ECHOES[name](word)}Count: 42\n"
    blanked = blank(text, (OTHER, word))
    assert BLANKED in blanked, name
    assert blanked.count("\n") == text.count("\n")
    assert blanked.startswith("Count: 41\n")
    assert blanked.endswith("Count: 42\n")
    left = ECHOES[name](word)
    for part in (word, word[1:], word[:-1], quote(word, safe="")):
        assert part.lower() not in blanked.lower()
    assert left.strip("\n") not in blanked
    assert blank(blanked, (OTHER, word)) == blanked
    assert blank(text, (OTHER,)) == blank(text)


@pytest.mark.parametrize("name", KEYED)
def test_what_stands_where_a_secret_does_goes(name: str) -> None:
    text = f"Count: 41\n{KEYED[name].format(s=ASKED, x=ASKED)}Count: 42\n"
    blanked = blank(text)
    assert BLANKED in blanked
    for part in (ASKED, ASKED[2:], ASKED[:-2]):
        assert part not in blanked
    assert blanked.count("\n") == text.count("\n")
    assert blanked.startswith("Count: 41\n")
    assert blanked.endswith("Count: 42\n")
    assert blank(blanked) == blanked


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_secret_stays(text: str) -> None:
    assert blank(text, (WORD, "cisco", "12")) == text


@pytest.mark.parametrize("word", ["cisco", "2024", "advantage"])
def test_a_word_that_boxes_print_anyway_goes_where_it_is_one(word: str) -> None:
    text = f"{word} C9300 {word}.example {word}\n"
    assert blank(text, (word,)) == text
    assert word not in blank(f"edge\n  {word}\r\nenable password {word}\nPassword: {word}\n", (word,))


@pytest.mark.parametrize("case", list(cases()), ids=lambda case: case.name)
def test_no_output_of_a_device_is_changed(case: Case) -> None:
    """Except where a proxy's word stands: every other line of every fixture is as the device printed it."""
    for before, after in zip(case.text.split("\n"), blank(case.text, (WORD, OTHER)).split("\n"), strict=True):
        assert before == after or before.strip().startswith("Username:")
    assert not is_configuration(case.text)


def test_a_configuration_is_seen() -> None:
    lines = ("hostname edge-7", "enable secret 9 $9$x", "interface Vlan1", "router bgp 65000", "line vty 0 4", "end")
    assert is_configuration("\n".join(lines))
    assert is_configuration("Building configuration...\n\nCurrent configuration : 4711 bytes\n")
    assert not is_configuration("\n".join(lines[:4]))


@pytest.mark.parametrize(
    "piece",
    ["\r", "a\b", "password ", "://a:", "eyJ-", "key ", '"token":"', "snmp-server user ", "\x1b[", "<secret ", "\n"],
)
def test_time_is_in_proportion_to_the_text(piece: str) -> None:
    import time

    began = time.process_time()
    blank(piece * (1_000_000 // len(piece)), (WORD, OTHER))
    assert time.process_time() - began < 8
