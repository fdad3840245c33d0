"""Sessions with devices: allow-listed commands over SSH and requests over HTTPS, host keys and certificates checked,
secrets blanked before anything is stored."""

import logging

logging.getLogger("paramiko").addHandler(logging.NullHandler())  # else its threads print tracebacks on stderr
