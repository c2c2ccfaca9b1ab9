"""The page of a machine."""

from __future__ import annotations

from bench.report.machine.machine import Machine
from bench.report.page import render


def page(document: Machine) -> str:
    """Render the page of a machine."""
    return render("machine.html", doc=document)
