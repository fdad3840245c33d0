"""Signatures of files by OpenSSH's ssh-keygen, which keeps the keys, asks for passphrases and reads allowed_signers."""

import re
import subprocess
import tempfile
from pathlib import Path
from shutil import which
from typing import Any

from licsweep import files
from licsweep.clean_text import one_line, shell_word
from licsweep.errors import MissingExtra, UsageError

MAX_SIGNERS = files.MIB


def sign(data: bytes, key: Path, namespace: str) -> bytes:
    """The signature by a private key, armored. ssh-keygen asks for a passphrase on the terminal.

    Raises UsageError where it does not sign, InputError, MissingExtra where it is not installed, OutputError.
    """
    with files.opened(key):  # ssh-keygen reads a device without end
        pass
    with tempfile.TemporaryDirectory() as folder:
        signed = Path(folder) / "data"
        files.write(signed, data)
        done = _ssh_keygen("sign", "-q", "-n", namespace, "-f", key, signed)
        if done.returncode:
            what, why = f"{key}: ssh-keygen does not sign with it", one_line(done.stderr.decode("utf-8", "replace"))
            raise UsageError(what, why=why.strip(), hint=f"ssh-keygen -y -f {shell_word(key)} tries the key")
        return files.read(signed.with_name("data.sig")).raw


def refusal(data: bytes, signature: bytes, namespace: str, signer: str, allowed: Path) -> tuple[str, str] | None:
    """Why a signature is not that of a signer in the file `allowed`, and what to do; None where it is.

    Raises InputError, MissingExtra, OutputError.
    """
    with tempfile.TemporaryDirectory() as folder:
        signers, its = Path(folder) / "allowed_signers", Path(folder) / "signature"
        files.write(signers, files.read(allowed, MAX_SIGNERS).raw)
        files.write(its, signature)
        about = ("-n", namespace, "-s", its)
        done = _ssh_keygen("verify", "-f", signers, "-I", signer, *about, input=data)
        if done.returncode == 0 and done.stdout.startswith(b"Good "):  # both: Python takes a lost exit code for 0
            return None
        made_by = re.search(rb"Good .* (SHA256:\S+)", _ssh_keygen("check-novalidate", *about, input=data).stdout)
        if not made_by:
            return "its bytes are not those that were signed", f"ask {signer} for a new file"
        why = f"it was signed with the key {made_by[1].decode()}, which {allowed} does not allow {signer} today"
        return why, f"compare the key with {signer} (ssh-keygen -l -f KEY.pub), then change its line"


def _ssh_keygen(action: str, *arguments: str | Path, **streams: Any) -> "subprocess.CompletedProcess[bytes]":
    program = which("ssh-keygen")
    if program is None:
        raise MissingExtra("ssh-keygen is not installed", why="it signs", hint="apt install openssh-client")
    call = [program, "-Y", action, *arguments]
    return subprocess.run(call, **streams, capture_output=True, check=False)  # noqa: S603 - OpenSSH's own
