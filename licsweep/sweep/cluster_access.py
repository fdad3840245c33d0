"""Who takes part in a cluster: whoever shows a certificate of its authority; without any, programs of this machine.

Dask compares no names: a certificate of the authority is enough to do what its role does, and only that.
"""

import ipaddress
import logging
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from licsweep import files
from licsweep.errors import InputError, UsageError
from licsweep.settings import Project

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec
    from distributed import Security

AUTHORITY = "ca"
SERVES = {"scheduler": True, "worker": True, "client": False}
"""The roles, and whether others connect to them: who sweeps can't pose as a scheduler or a worker."""
HOW_TO = "docs/how-to/several-collectors.md"


def make_certificates(folder: Path, days: int) -> list[Path]:
    """Makes an authority, and for each role a file with certificate and key; the key of the authority is not kept.

    Raises OutputError, also where one of the files is there.
    """
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    files.make_folder(folder)
    authority, made = ec.generate_private_key(ec.SECP256R1()), []
    for name in (AUTHORITY, *SERVES):
        key = authority if name == AUTHORITY else ec.generate_private_key(ec.SECP256R1())
        pem = _signed(name, key.public_key(), authority, days).public_bytes(Encoding.PEM)
        if name != AUTHORITY:
            pem += key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        made.append(folder / f"{name}.pem")
        files.write(made[-1], pem, new=True)
    return made


def _signed(
    name: str, key: "ec.EllipticCurvePublicKey", authority: "ec.EllipticCurvePrivateKey", days: int
) -> "x509.Certificate":
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    subject, issuer = (
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"licsweep cluster {one}")]) for one in (name, AUTHORITY)
    )
    began = datetime.now(UTC) - timedelta(minutes=5)
    builder = x509.CertificateBuilder(
        issuer, subject, key, x509.random_serial_number(), began, began + timedelta(days=days)
    ).add_extension(x509.BasicConstraints(ca=name == AUTHORITY, path_length=None), critical=True)
    if name in SERVES:
        uses = [ExtendedKeyUsageOID.CLIENT_AUTH, *[ExtendedKeyUsageOID.SERVER_AUTH] * SERVES[name]]
        builder = builder.add_extension(x509.ExtendedKeyUsage(uses), critical=False)
    return builder.sign(authority, hashes.SHA256())


def secured(project: Project, url: str, role: str) -> "Security":
    """What the project's certificates give a role at that URL. Raises UsageError where others could listen or
    join, InputError for files that are no certificates."""
    from cryptography import x509
    from distributed import Security

    if not logging.getLogger().isEnabledFor(logging.DEBUG):
        for name in ("distributed", "distributed.client"):  # it has set its own levels; what matters is told by us
            logging.getLogger(name).setLevel(logging.CRITICAL)
    parts = urlsplit(url)
    if parts.scheme not in ("tls", "tcp") or not parts.hostname or not _is_port(parts):
        raise UsageError(f"{url}: not a scheduler", why="tls://HOST:PORT is expected", hint=HOW_TO)
    if parts.scheme == "tcp":
        if parts.hostname != "localhost" and not _is_loopback(parts.hostname):
            why = "without certificates everybody on the network could run code here; tcp:// is for 127.0.0.1 alone"
            raise UsageError(f"{url}: not encrypted", why=why, hint="licsweep cluster certificates; tls://HOST:PORT")
        return Security(require_encryption=False)
    folder = project.path(project.settings.certificates)
    authority, own = folder / f"{AUTHORITY}.pem", folder / f"{role}.pem"
    for file in (authority, own):
        if not files.present(file):
            why = f"the {role} of a cluster needs {authority.name} and {own.name}"
            raise UsageError(f"{file}: no certificate", why=why, hint="licsweep cluster certificates")
    try:
        ssl.create_default_context(cafile=str(authority)).load_cert_chain(own)
        ends = x509.load_pem_x509_certificate(files.read(own, files.MIB).text.encode()).not_valid_after_utc
    except (OSError, ValueError) as error:
        why = "a certificate of an authority, and certificate and key of a role, are expected"
        raise InputError(f"{authority}, {own}: can't be used", why=why, hint="licsweep cluster certificates") from error
    if ends < datetime.now(UTC):
        why = "nobody lets it in any more; a new authority takes the place of the old one on all machines"
        raise InputError(f"{own}: expired on {ends:%Y-%m-%d}", why=why, hint="licsweep cluster certificates")
    shown = {f"tls_{one}_{what}": str(own) for one in SERVES for what in ("cert", "key")}
    return Security(require_encryption=True, tls_ca_file=str(authority), **shown)


def _is_port(parts: SplitResult) -> bool:
    try:
        return parts.port is None or parts.port >= 0
    except ValueError:
        return False


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
