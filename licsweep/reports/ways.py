"""Words of columns of kind `way`, as people say them. Apart from the layout of reports: a verb needs them alone."""

from licsweep.serialization import yaml_table

ways = yaml_table(__file__, "ways.yaml", dict[str, str])
