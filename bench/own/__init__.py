"""Somebody's own file as a workload: reading it, making a `Workload` of what it has, saying where in it something failed."""
