"""Kernel threads, processes and coroutines doing the same IO-wait work on one core, measured and compared."""
