"""A simulated estate on loopback: real SSH and HTTPS servers with canned devices."""
