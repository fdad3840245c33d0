"""A sample Nornir inventory: data, copied by `licsweep init`."""
