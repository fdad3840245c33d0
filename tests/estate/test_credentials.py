"""Credentials come from the environment or a terminal, and never show themselves."""

import pickle

import pytest

from licsweep.errors import CredentialError
from licsweep.estate import credentials
from licsweep.estate.credentials import Secret

WORD = "tr0ub4dor"


def test_from_the_environment() -> None:
    found = credentials.find(use_agent=False, environment={"LICSWEEP_USERNAME": "reader", "LICSWEEP_PASSWORD": WORD})
    assert (found.username, found.source) == ("reader", "environment")
    assert found.password is not None
    assert found.password.reveal() == WORD
    assert WORD not in repr(found)
    assert WORD not in str(found)


def test_the_agent_needs_a_user_name_only() -> None:
    assert credentials.find(use_agent=True, environment={"LICSWEEP_USERNAME": "reader"}).password is None


def test_nothing_and_no_terminal() -> None:
    with pytest.raises(CredentialError) as caught:
        credentials.find(use_agent=False, environment={})
    assert "LICSWEEP_PASSWORD" in caught.value.hint


def test_a_secret_is_not_pickled() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(Secret(WORD))
