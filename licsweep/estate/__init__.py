"""Where hosts and credentials come from."""
