"""SSH algorithms that are off unless a host's `legacy_ssh` says otherwise: SHA-1 key exchange and keys, CBC, MD5.

paramiko 5 has no SHA-1 left at all; the extra `legacy-ssh` brings paramiko 4, for which this list matters.
"""

import paramiko

INSTALLED = "diffie-hellman-group14-sha1" in paramiko.Transport._kex_info  # type: ignore[attr-defined]
LEGACY: dict[str, list[str]] = {
    "kex": ["diffie-hellman-group1-sha1", "diffie-hellman-group14-sha1", "diffie-hellman-group-exchange-sha1"],
    "keys": ["ssh-rsa", "ssh-dss"],
    "pubkeys": ["ssh-rsa", "ssh-dss"],
    "ciphers": ["3des-cbc", "blowfish-cbc", "aes128-cbc", "aes192-cbc", "aes256-cbc"],
    "macs": ["hmac-md5", "hmac-md5-96", "hmac-sha1-96"],
}
