"""An authority of our own and the certificates that it signs, made anew for each run."""

import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

_VALID = timedelta(days=2)


class Authority:
    """Signs certificates of servers; `pem` is its own."""

    def __init__(self, name: str) -> None:
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._certificate = self._signed(self._name, self._key.public_key(), x509.BasicConstraints(True, None))
        self.pem = self._certificate.public_bytes(Encoding.PEM).decode()

    def server_context(self, address: str, *, age: timedelta = timedelta()) -> ssl.SSLContext:
        """The TLS of a server at an IP address, with a certificate that was made so long ago."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, address)])
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))])
        certificate = self._signed(name, key.public_key(), names, age)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.NamedTemporaryFile() as file:  # what ssl loads a key from
            private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            file.write(certificate.public_bytes(Encoding.PEM) + private)
            file.flush()
            context.load_cert_chain(file.name)
        return context

    def _signed(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePublicKey,
        extension: x509.ExtensionType,
        age: timedelta = timedelta(),
    ) -> x509.Certificate:
        began = datetime.now(UTC) - timedelta(hours=1) - age
        builder = x509.CertificateBuilder(self._name, subject, key, x509.random_serial_number(), began, began + _VALID)
        return builder.add_extension(extension, critical=False).sign(self._key, hashes.SHA256())
