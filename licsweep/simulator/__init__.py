"""A simulated estate on loopback: real SSH servers with canned devices."""
