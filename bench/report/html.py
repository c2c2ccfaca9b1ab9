"""The page: one file, no network, readable without JavaScript. Everything that comes from a run is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import jinja2
from markupsafe import Markup

from bench.report import charts, forest, lanes
from bench.report.document import Comparison, Document
from bench.store.manifest import Manifest

HERE = Path(__file__).resolve().parent


def environment() -> jinja2.Environment:
    """The template environment: escaping on, an undefined name is an error."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def style() -> Markup:
    """The style sheet, ours and trusted."""
    return Markup((HERE / "static" / "style.css").read_text(encoding="utf-8"))  # noqa: S704


def page(document: Document) -> str:
    """Render a run's page."""
    drawn = {chart.id: Markup(charts.svg(chart)) for s in document.sections for chart in s.charts}  # noqa: S704
    for section in document.sections:
        if section.timeline is not None:
            drawn[section.timeline.id] = Markup(lanes.svg(section.timeline))  # noqa: S704
    return environment().get_template("run.html").render(doc=document, charts=drawn, style=style())


def comparison(document: Comparison) -> str:
    """Render the page of a comparison."""
    drawn = {chart.id: Markup(forest.svg(chart)) for chart in document.forests if chart.rows}  # noqa: S704
    return environment().get_template("compare.html").render(doc=document, charts=drawn, style=style())


def index(runs: Sequence[tuple[str, Manifest]], comparisons: Sequence[str] = ()) -> str:
    """Render the list of all runs, (link, manifest) each, newest first, and of the comparisons, by their ids."""
    template = environment().get_template("index.html")
    return template.render(runs=runs, comparisons=comparisons, style=style())
