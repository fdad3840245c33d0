"""Texts that are stored compressed: whole, or as the difference to a base that is stored whole.

zlib takes the base as preset dictionary. A base never has a base itself, so that a text needs two rows at most.
"""

import zlib

LOOKS_BACK = 32 * 1024  # how far zlib sees; a longer text gains nothing from a base
WORTH_IT = 2  # times smaller than without a base, else the text is stored whole and is the next base


def pack(text: bytes) -> bytes:
    """A text that is stored whole."""
    return zlib.compress(text)


def pack_against(text: bytes, base: bytes) -> bytes | None:
    """The difference to a base; None where that is not worth it."""
    if max(len(text), len(base)) > LOOKS_BACK:
        return None
    packer = zlib.compressobj(level=9, zdict=base)
    packed = packer.compress(text) + packer.flush()
    return packed if len(packed) * WORTH_IT < len(pack(text)) else None


def unpack(packed: bytes, base: bytes | None = None) -> bytes:
    """The text again. Raises zlib.error where the row or that of its base is damaged."""
    if base is None:
        return zlib.decompress(packed)
    opener = zlib.decompressobj(zdict=base)
    text = opener.decompress(packed) + opener.flush()
    if not opener.eof:
        raise zlib.error("its end is missing")
    return text
