"""What all pages share: escaping, the style sheet, pictures. One file each, no network, readable without JavaScript."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from bench.report.draw import draw
from bench.store.runs import GENERATOR

HERE = Path(__file__).resolve().parent


@cache
def environment() -> jinja2.Environment:
    """The template environment: escaping on, an undefined name is an error; `draw` makes a picture of a document's data."""
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals["draw"] = lambda picture: Markup(draw(picture))  # noqa: S704 - draw escapes what comes from a run
    found.globals["generator"] = Markup(GENERATOR.decode())  # noqa: S704 - ours
    return found


def script(name: str) -> Markup:
    """A script of ours, trusted: it stands in the page."""
    return Markup((HERE / "static" / name).read_text(encoding="utf-8"))  # noqa: S704


def style() -> Markup:
    """The style sheet, ours and trusted."""
    return Markup((HERE / "static" / "style.css").read_text(encoding="utf-8"))  # noqa: S704


def render(template: str, **given: Any) -> str:
    """Render one of the pages; everything that is given is escaped."""
    return environment().get_template(template).render(style=style(), **given)
