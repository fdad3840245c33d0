"""Credentials: from the environment, the SSH agent, or a prompt on a terminal. Never from files, arguments or logs."""

import getpass
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from licsweep.errors import CredentialError


class Secret:
    """A word that does not show itself: only `reveal()` gives it."""

    __slots__ = ("_word",)

    def __init__(self, word: str) -> None:
        self._word = word

    def reveal(self) -> str:
        """The word itself; for the library that logs in, nowhere else."""
        return self._word

    def __repr__(self) -> str:
        return "Secret(***)"

    def __reduce__(self) -> str:
        raise TypeError("a secret is never pickled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a session logs in with; `password` None means the SSH agent alone. `source` names where they came from."""

    username: str
    password: Secret | None
    use_agent: bool
    source: str


def find(*, use_agent: bool, environment: Mapping[str, str] | None = None) -> Credentials:
    """LICSWEEP_USERNAME and LICSWEEP_PASSWORD, else the SSH agent, else a prompt. Raises CredentialError."""
    environment = os.environ if environment is None else environment
    username = environment.get("LICSWEEP_USERNAME")
    password = environment.get("LICSWEEP_PASSWORD")
    if username and password:
        return Credentials(username=username, password=Secret(password), use_agent=use_agent, source="environment")
    if username and use_agent:
        return Credentials(username=username, password=None, use_agent=True, source="SSH agent")
    if sys.stdin.isatty() and sys.stderr.isatty():
        print("Credentials for the devices (nothing is stored).", file=sys.stderr)
        username = username or input("Username: ")
        typed = getpass.getpass("Password: ", stream=sys.stderr)
        return Credentials(username=username, password=Secret(typed), use_agent=use_agent, source="prompt")
    missing = "LICSWEEP_PASSWORD" if username else "LICSWEEP_USERNAME and LICSWEEP_PASSWORD"
    raise CredentialError(
        "no credentials to log in with",
        why=f"{missing} not set, and there is no terminal to ask on",
        hint="export LICSWEEP_USERNAME=... ; read -rs LICSWEEP_PASSWORD ; export LICSWEEP_PASSWORD",
    )
