"""Signatures of files by OpenSSH's ssh-keygen, which keeps the keys, asks for passphrases and reads allowed_signers."""

import subprocess
import tempfile
from pathlib import Path
from shutil import which
from typing import Any

from licsweep import files
from licsweep.clean_text import one_line
from licsweep.errors import MissingExtra, UsageError

MAX_SIGNERS = files.MIB


def sign(data: bytes, key: Path, namespace: str) -> bytes:
    """The signature by a private key, armored. ssh-keygen asks for a passphrase on the terminal.

    Raises UsageError where it does not sign, MissingExtra where it is not installed, OutputError.
    """
    with tempfile.TemporaryDirectory() as folder:
        signed = Path(folder) / "data"
        files.write(signed, data)
        done = _ssh_keygen("sign", "-q", "-n", namespace, "-f", key, signed)
        if done.returncode:
            what, why = f"{key}: ssh-keygen does not sign with it", one_line(done.stderr.decode("utf-8", "replace"))
            raise UsageError(what, why=why.strip(), hint="ssh-keygen -t ed25519 -f FILE makes a key")
        return files.read(signed.with_name("data.sig")).raw


def refusal(data: bytes, signature: bytes, namespace: str, signer: str, allowed: Path) -> str | None:
    """Why a signature is not that of a signer in the file `allowed`; None where it is. Raises InputError,
    MissingExtra, OutputError.
    """
    with tempfile.TemporaryDirectory() as folder:
        signers, its = Path(folder) / "allowed_signers", Path(folder) / "signature"
        files.write(signers, files.read(allowed, MAX_SIGNERS).raw)
        files.write(its, signature)
        about = ("-n", namespace, "-s", its)
        done = _ssh_keygen("verify", "-f", signers, "-I", signer, *about, input=data)
        if done.returncode == 0 and done.stdout.startswith(b"Good "):  # both: Python takes a lost exit code for 0
            return None
        if _ssh_keygen("check-novalidate", *about, input=data).returncode:
            return "its bytes are not those that were signed"
        return f"the key that signed it is none that {allowed} allows {signer}"


def _ssh_keygen(action: str, *arguments: str | Path, **streams: Any) -> "subprocess.CompletedProcess[bytes]":
    program = which("ssh-keygen")
    if program is None:
        raise MissingExtra("ssh-keygen is not installed", why="it signs", hint="apt install openssh-client")
    call = [program, "-Y", action, *arguments]
    return subprocess.run(call, **streams, capture_output=True, check=False)  # noqa: S603 - OpenSSH's own
