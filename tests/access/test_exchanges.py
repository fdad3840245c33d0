"""Exchanges with managers, replayed in their order from fixtures/exchanges/<kind>."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from licsweep import errors
from licsweep.platforms import platforms
from tests.access.test_rest import opened
from tests.fakes.https_server import Asked, HttpsServer, Says

FILES = sorted((Path(__file__).parents[2] / "fixtures" / "exchanges").glob("*/*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_an_exchange_goes_as_it_went(file: Path) -> None:
    case = yaml.safe_load(file.read_text())
    steps = iter(case["steps"])
    wrong: list[str] = []

    def respond(asked: Asked) -> Says:
        step: dict[str, Any] = next(steps, {})
        if f"{asked.method} {asked.target}" != step.get("asked"):
            wrong.append(f"asked {asked.method} {asked.target}, expected {step.get('asked')}")
        wrong.extend(f"sent {name}" for name, value in step.get("sent", {}).items() if asked.headers.get(name) != value)
        if "said" in step and json.loads(asked.body) != step["said"]:
            wrong.append(f"said {asked.body!r}")
        return Says(step.get("status", 200), step.get("body", ""), step.get("headers", {}))

    record = platforms()[case["platform"]]
    commands = [line for end in case["ask"] for line in record.lines if line.endswith(f"/{end}")]
    told, answers = None, []
    with HttpsServer(respond) as server:
        session = opened(
            server, case["platform"], **({"token": case["token"], "password": None} if "token" in case else {})
        )
        try:
            session.open()
            answers = list(session.answers(commands))
        except errors.AccessError as error:
            told = error
        finally:
            session.close()
    assert wrong == []
    assert list(steps) == []
    assert (type(told).__name__ if told else None) == case.get("ends")
    assert case.get("tells", "") in (f"{told.what} {told.why}" if told else "")
    assert len(answers) == case.get("answers", 0)
    bodies = {step.get("body") for step in case["steps"]}
    assert all(answer.text in bodies for answer in answers), "a capture is the raw body"
