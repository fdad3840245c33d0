"""What holds a secret stays in its process."""

from typing import NoReturn


class NotPickled:
    """A base for types that hold a secret: they can't be pickled, so that none is ever sent or written by mistake."""

    __slots__ = ()

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} holds a secret and is never pickled")
