"""A run's two pages: the answer with its questions, and everything else. Each part by its own template, in the order of places."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup

from bench.report.document import Document
from bench.report.figures import Run
from bench.report.page import environment, script, style
from bench.report.parts.answer import PART as ANSWER
from bench.report.views.view import View
from bench.store.manifest import PAGE

SCRIPTS = ("whatif.js", "page.js")


def page(document: Document, which: str = "index") -> str:
    """Render one of a run's pages; everything that comes from a run is escaped."""
    templates = environment()
    parts: list[str] = []
    links: list[tuple[str, str]] = []
    for part, content in document.parts:
        if content is None or part.page != which:
            continue
        parts.append(templates.from_string(part.template).render(content=content).rstrip("\n") + "\n")
        links += part.links(content) if part.links else [(part.id, part.title)] * bool(part.title)
    return templates.get_template("run.html").render(
        doc=document,
        answer=document.of(ANSWER),
        which=which,
        links=links,
        parts=Markup("\n".join(parts)),  # noqa: S704 - each is what a template made, escaped
        style=style(),
        scripts=[script(name) for name in SCRIPTS if which == "index" or name != "whatif.js"],
    )


def render(run: Run, document: Document, folder: Path) -> str:  # noqa: ARG001
    """The page."""
    return page(document)


VIEW = View("html", PAGE, render)
