"""What is done per host, and the run over all hosts."""
