"""TextFSM templates and their index: data, read through importlib.resources."""
