"""Sessions with devices: allow-listed commands over SSH, host keys, secrets blanked before anything is stored."""

import logging

logging.getLogger("paramiko").addHandler(logging.NullHandler())  # else its threads print tracebacks on stderr
