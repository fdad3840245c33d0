"""Words of columns of kind `way`, as people say them. Apart from the layout of reports: a verb needs them alone."""

from functools import cache
from pathlib import Path

from licsweep.serialization import load_yaml_file


@cache
def ways() -> dict[str, str]:
    """ways.yaml."""
    return load_yaml_file(Path(__file__).with_name("ways.yaml"), dict[str, str])
