"""Every folder of fixtures/plans comes out as computed by hand; what nothing knows is refused; copies are judged."""

import json
from pathlib import Path
from typing import Any

import pytest

from licsweep.errors import InputError
from licsweep.serialization import plain
from reconcile.judge import JudgementInput, judge
from reconcile.plans.corporate import divest, merge
from reconcile.plans.what_if import Added, what_if
from tests.judgement.cases import bought, expected, given, states

FOLDER = Path(__file__).parents[2] / "fixtures" / "plans"
CASES = sorted(path.parent for path in FOLDER.glob("*/expected.json"))


def made(case: Path) -> Any:
    said, inputs = expected(case), given(case, states(case), bought(case))
    arguments = said["arguments"]
    if said["plan"] == "what-if":
        added = [Added.read(text) for text in arguments.get("add", ())]
        return what_if(inputs, retire=tuple(arguments.get("retire", ())), add=added, end=arguments.get("end", ()))
    if said["plan"] == "merge":
        return merge(inputs, **arguments)
    return divest(inputs, tuple(arguments["hosts"]))


def missing(want: Any, got: Any, where: str = "plan") -> list[str]:
    """What is stated and not so: keys of objects, whole lists."""
    if isinstance(want, dict):
        return [
            line for key, value in want.items() for line in missing(value, got.get(key, "absent"), f"{where}.{key}")
        ]
    if isinstance(want, list) and isinstance(got, list) and len(want) == len(got):
        pairs = enumerate(zip(want, got, strict=True))
        return [line for at, (one, other) in pairs for line in missing(one, other, f"{where}[{at}]")]
    return [] if want == got else [f"{where}: {got!r} is not {want!r}"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Path) -> None:
    found = plain(made(case))
    assert missing(expected(case)["expected"], found) == []
    spoiled = json.loads(json.dumps(expected(case)["expected"]).replace(": 6,", ": 666,").replace('"acc-0', '"x'))
    spoiled["as_of"] = "nowhen"
    assert missing(spoiled, found) != []


def test_steps_keep_the_order() -> None:
    merger, divestiture = (made(FOLDER / name).steps for name in ("merger", "divestiture"))
    assert "Rename" in merger[0]
    assert any("14 days" in step and "case with Cisco" in step for step in merger)
    kinds = [
        next(i for i, step in enumerate(divestiture) if word in step)
        for word in ("buy", "Read these first", "Return", "case", "Register")
    ]
    assert kinds == sorted(kinds)


@pytest.fixture
def inputs() -> JudgementInput:
    case = FOLDER / "what_if_retired"
    return given(case, states(case), bought(case))


def test_what_nothing_knows_is_refused(inputs: JudgementInput) -> None:
    for call, word in (
        (lambda: what_if(inputs, retire=("acc-9*",)), "acc-9"),
        (lambda: what_if(inputs, add=[Added(number=1, model="N9K")]), "N9K"),
        (lambda: what_if(inputs, end=["SUB-6"]), "SUB-5"),
        (lambda: Added.read("C9300"), "10:"),
        (lambda: merge(inputs, "Example Networks", "Nobody"), "Nobody"),
        (lambda: merge(inputs, "Example Networks", "example  networks"), "same smart account"),
        (lambda: divest(inputs, virtual_accounts=["Nowhere"]), "nothing leaves"),
        (lambda: divest(inputs), "no host is named"),
    ):
        with pytest.raises(InputError) as error:
            call()
        assert word in f"{error.value.what} {error.value.why} {error.value.hint}"


def test_nothing_is_changed_by_planning(inputs: JudgementInput) -> None:
    before = plain(judge(inputs))
    what_if(inputs, retire=("*",), end=["SUB-5"])
    divest(inputs, ("acc-01.example",))
    assert plain(judge(inputs)) == before
