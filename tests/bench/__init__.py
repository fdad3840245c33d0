"""The programs of `make bench` run."""
