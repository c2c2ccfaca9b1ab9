"""A machine: what its runs say together."""
