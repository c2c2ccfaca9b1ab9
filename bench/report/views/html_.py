"""The page of a run: each part by its own template, in the order of their places."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup

from bench.report.document import Document
from bench.report.figures import Run
from bench.report.page import environment, style
from bench.report.views.view import View
from bench.store.manifest import PAGE


def page(document: Document) -> str:
    """Render a run's page; everything that comes from a run is escaped."""
    templates = environment()
    parts: list[str] = []
    links: list[tuple[str, str]] = []
    for part, content in document.parts:
        if content is None:
            parts.append("")
            continue
        parts.append(templates.from_string(part.template).render(content=content).rstrip("\n") + "\n")
        links += part.links(content) if part.links else [(part.id, part.title)] * bool(part.title)
    body = Markup("\n".join(parts))  # noqa: S704 - each is what a template made, escaped
    return templates.get_template("run.html").render(doc=document, links=links, parts=body, style=style())


def render(run: Run, document: Document, folder: Path) -> str:  # noqa: ARG001
    """The page."""
    return page(document)


VIEW = View("html", PAGE, render)
