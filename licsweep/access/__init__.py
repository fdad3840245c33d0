"""Sessions with devices: allow-listed commands over SSH, host keys, secrets blanked before anything is stored."""
