"""The store of a project. Opened by `reading` and `writing`; what it is made of stays in here."""

from licsweep.store.copying import copy
from licsweep.store.opening import HEAD, Store, database_of, exists, prune, reading, upgrade, writing

__all__ = ["HEAD", "Store", "copy", "database_of", "exists", "prune", "reading", "upgrade", "writing"]
