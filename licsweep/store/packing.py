"""Bodies that are stored compressed: whole, or as the difference to a base that is stored whole.

zlib takes the base as preset dictionary. A base never has a base itself, so that a body needs two rows at most. zlib
looks back 32 KiB, so a long body goes in pieces, each against what stands around its place in the base.
"""

import zlib

LOOKS_BACK = 32 * 1024
PIECE = LOOKS_BACK // 2
MOVED = LOOKS_BACK // 4  # how far a line may have moved and still be found
WORTH_IT = 8  # times smaller (zlib alone: 4 to 5), else the body is stored whole and is the next base


def pack(body: bytes) -> bytes:
    """A body that is stored whole."""
    return zlib.compress(body)


def pack_against(body: bytes, base: bytes) -> bytes | None:
    """The difference to a base; None where that is not worth it."""
    packed = b""
    for at in range(0, len(body), PIECE):
        packer = zlib.compressobj(level=3, zdict=_around(base, at))
        packed += packer.compress(body[at : at + PIECE]) + packer.flush()
    return packed if len(packed) * WORTH_IT < len(body) else None


def unpack(packed: bytes, base: bytes | None = None) -> bytes:
    """The body again. Raises zlib.error where the row or that of its base is damaged."""
    if base is None:
        return zlib.decompress(packed)
    body = b""
    while packed:
        opener = zlib.decompressobj(zdict=_around(base, len(body)))
        body += opener.decompress(packed)
        if not opener.eof:
            raise zlib.error("its end is missing")
        packed = opener.unused_data
    return body


def _around(base: bytes, at: int) -> bytes:
    start = max(0, at - MOVED)
    return base[start : start + LOOKS_BACK]
