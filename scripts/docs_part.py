"""A part of a page of docs that a script writes between two marks."""

from __future__ import annotations

import re
import sys
from pathlib import Path


def put(page: Path, begin: str, end: str, text: str) -> None:
    """Print the part, or with --write on the command line put it into the page. `text`: with both marks.

    Ends the program with one line where the page does not have the two marks exactly once.
    """
    if sys.argv[1:] != ["--write"]:
        print(text, end="")
        return
    before = page.read_text(encoding="utf-8")
    after, count = re.subn(re.escape(begin) + ".*?" + re.escape(end), lambda _: text, before, flags=re.DOTALL)
    if count != 1:
        sys.exit(f"{page} has not one place between {begin.strip()} and {end.strip()}")
    page.write_text(after, encoding="utf-8")
