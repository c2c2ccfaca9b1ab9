"""In which forms a report can be had: one file per form, each with its `VIEW`. To add one: write the file, add its name to FILES."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

from bench.report.views.view import View
from bench.words import UserError

FILES = (
    "json_",
    "html_",
    "cells",
    "terminal",
    "card",
    "findings",
    "csv_",
    "markdown",
)
USUAL = ("json", "html", "cells", "terminal")  # what a report is without `--format`

VIEWS: tuple[View, ...] = tuple(import_module(f"{__name__}.{file}").VIEW for file in FILES)


def chosen(names: Sequence[str]) -> tuple[View, ...]:
    """The views of these names, each once; the usual ones of none. Raises UserError for a name that there is not."""
    known = {view.name: view for view in VIEWS}
    for name in names:
        if name not in known:
            raise UserError(f"there is no format {name[:40]!r}: choose from {', '.join(known)}")
    return tuple(known[name] for name in dict.fromkeys(names or USUAL))
