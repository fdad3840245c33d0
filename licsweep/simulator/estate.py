"""The simulated estate as its user sees it: a context manager around the simulator's own process."""

import secrets
import subprocess
import sys
import tempfile
import threading
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from licsweep.errors import LicsweepError, MissingExtra, UsageError
from licsweep.serialization import from_json, to_json
from licsweep.simulator.device import Announcement, Device, JumpHost, Order, Tally, Wanted
from licsweep.simulator.project import write_project

COMMAND = (sys.executable, "-P", "-m", "licsweep.simulator")  # -P: nothing of the current folder is imported
SMALLEST = 8
START_SECONDS = 30.0
STOP_SECONDS = 5.0


class SimulatedEstate:
    """`with SimulatedEstate(devices=60) as estate:` real servers listen on 127.0.0.1 until the block ends.

    `more` are fields of Wanted; a `design` from outside may be of any size. Secrets are made for this run where none
    are given; they reach the simulator through its standard input only. `tally` is what it saw,
    after the block. UsageError below eight devices of our own design, MissingExtra where asyncssh is not installed,
    LicsweepError where the servers are not up in 30 s.
    """

    def __init__(self, devices: int = 60, seed: int = 1, **more: Any) -> None:
        if devices < SMALLEST and not more.get("design"):
            raise UsageError(
                f"an estate of {devices} devices is too small",
                why=f"it holds one of each kind that matters, and they are {SMALLEST}",
                hint=f"--devices {SMALLEST}",
            )
        secret = {"password": secrets.token_urlsafe(12), "enable_secret": secrets.token_urlsafe(12)}
        self._wanted = Wanted(devices=devices, seed=seed, **secret | more)
        self._process: subprocess.Popen[str] | None = None
        self.password, self.enable_secret = self._wanted.password, self._wanted.enable_secret
        self.username = ""
        self.devices: tuple[Device, ...] = ()
        self.jump_hosts: tuple[JumpHost, ...] = ()
        self.tally = Tally()
        self._authority = ""

    def __enter__(self) -> "SimulatedEstate":
        if find_spec("asyncssh") is None:
            raise MissingExtra(
                "the simulated estate needs asyncssh",
                why="it is an optional part that is not installed",
                hint="pip install 'licsweep[demo]'",
            )
        with tempfile.TemporaryFile("w+") as complaints:
            self._process = subprocess.Popen(  # noqa: S603 - this interpreter, our own module
                COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=complaints, text=True
            )
            line = self._greet(self._process)
            if not line:
                self._stop()
                complaints.seek(0)
                why = (complaints.read().strip() or f"no answer within {START_SECONDS:.0f} s").splitlines()[-1]
                raise LicsweepError("the simulated estate did not start", why=why)
        announced = from_json(line, Announcement)
        self.username, self.devices, self.jump_hosts = announced.username, announced.devices, announced.jump_hosts
        self._authority = announced.authority
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def write_project(self, directory: Path) -> None:
        """Writes inventory/, known_hosts and entitlements/ of a project for this estate; no password among them."""
        write_project(directory, self.devices, self.jump_hosts, self._wanted.design, self._authority)

    def change(self, device: str, *troubles: str, serial: str | None = None) -> None:
        """From now on this is wrong with that device (licsweep/simulator/box.py), or another box stands there."""
        process = self._process
        assert process and process.stdin and process.stdout  # noqa: S101, PT018 - the estate runs
        process.stdin.write(to_json(Order(device=device, troubles=troubles, serial=serial)) + "\n")
        process.stdin.flush()
        process.stdout.readline()

    @property
    def alive(self) -> bool:
        """Whether its process still runs."""
        return self._process is not None and self._process.poll() is None

    def _greet(self, process: "subprocess.Popen[str]") -> str:
        """Hands over the password; the line that says that all listen, or "" when none came in time."""
        assert process.stdin  # noqa: S101 - both pipes were asked for
        assert process.stdout  # noqa: S101
        deadline = threading.Timer(START_SECONDS, process.kill)
        deadline.start()
        try:
            process.stdin.write(to_json(self._wanted) + "\n")
            process.stdin.flush()
            return process.stdout.readline()
        except BrokenPipeError:
            return ""
        finally:
            deadline.cancel()

    def _stop(self) -> None:
        """The end of its standard input ends the simulator; one that does not hear is killed."""
        process, self._process = self._process, None
        if process is None:
            return
        try:
            told, _ = process.communicate(timeout=STOP_SECONDS)
            if told:
                self.tally = from_json(told, Tally)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
