"""Kernel threads, processes and coroutines doing the same IO-wait work on one core, measured and compared."""

__version__ = "0.1.0"  # that of pyproject.toml
