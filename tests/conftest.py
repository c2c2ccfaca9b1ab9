"""What holds for every test."""

from __future__ import annotations

import os

# scripts/environment.py sets it, so that Python imports nothing from the folder that a user happens to be in. Tests run
# copies of the suite: there, what is imported must come from the folder that a process is started in.
os.environ.pop("PYTHONSAFEPATH", None)
