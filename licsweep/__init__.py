"""licsweep: what licenses do our Cisco boxes really use, what did we buy, and who is late with a report."""

__version__ = "0.1.0"
