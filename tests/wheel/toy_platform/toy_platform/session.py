"""Sessions with a toy box: as IOS, but it knows no `enable`."""

from licsweep.access.session import IosSession


class ToySession(IosSession):
    """`lines` are what this kind of session may send of its own."""

    lines = ()
