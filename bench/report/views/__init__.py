"""In which forms a report can be had: one file per form, each a `View`. To add one: write the file, add its VIEW to VIEWS."""

from __future__ import annotations

from collections.abc import Sequence

from bench.report.views import csv_, html_, json_, markdown, terminal
from bench.report.views.view import View
from bench.words import UserError

VIEWS: tuple[View, ...] = (
    json_.VIEW,
    html_.VIEW,
    terminal.VIEW,
    csv_.VIEW,
    markdown.VIEW,
)
USUAL = ("json", "html", "terminal")  # what a report is without `--format`


def chosen(names: Sequence[str]) -> tuple[View, ...]:
    """The views of these names, each once; the usual ones of none. Raises UserError for a name that there is not."""
    known = {view.name: view for view in VIEWS}
    for name in names:
        if name not in known:
            raise UserError(f"there is no format {name[:40]!r}: {', '.join(known)}")
    return tuple(known[name] for name in dict.fromkeys(names or USUAL))
