"""Real pages, as a reader gets them: nothing crosses a label, every shape stands out, and a sheet of paper has all columns.

Strategy: a run of the gallery and a comparison of two are rendered, and asked in a browser. Real pages have what made-up runs lack:
long names, code that scrolls, tables of fourteen columns. charts.js computes the boxes of labels and the contrast of shapes.
print.js says what does not fit on a sheet. Both must find what is planted, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from bench.report import report
from bench.report.draw.palette import PAPERS
from bench.report.views import cells
from bench.store.manifest import PAGE
from tests.browser.test_accessible import barriers
from tests.browser.test_accessible import tools as tools  # noqa: PLC0414 - a fixture
from tests.browser.test_pages import LEAST_CONTRAST, LOOK, SCHEMES, Browser
from tests.browser.test_pages import browser as browser  # noqa: PLC0414 - a fixture
from tests.browser.test_pages import pytestmark as in_a_browser

pytestmark = in_a_browser

HERE = Path(__file__).parent
CHARTS, PRINT = ((HERE / name).read_text(encoding="utf-8") for name in ("charts.js", "print.js"))
GALLERY = HERE.parents[1] / "reports" / "gallery"
RUNS = ("amd-epyc/20261127T214612Z-bench", "amd-epyc/20261127T215558Z-bench")
PAGES = ("run", "cells", "compare")
PHONE, LAPTOP = 375, 1440
SHEET = 718  # pixels: A4 between margins of 1 cm, at 96 pixels an inch
LEAST_OF_GRAPHICS = 3  # WCAG 2.2, 1.4.11
SMALLEST = 11  # pixels, on a phone
OPEN = "for (const folded of document.querySelectorAll('details')) folded.open = true;"


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Both pages of a run, and a comparison of two."""
    folder = tmp_path_factory.mktemp("gallery")
    report.write(GALLERY / RUNS[0], ["html", "cells"], folder / "run")
    report.compare([GALLERY / run for run in RUNS], folder / "compare")
    return {"run": folder / "run" / PAGE, "cells": folder / "run" / cells.FILE, "compare": folder / "compare" / PAGE}


def print_(browser: Browser, page: Path, scheme: str, script: str, *arguments: object) -> Any:
    """What a script says of a page that is printed on a sheet."""
    browser.show(page, SHEET, scheme)
    browser.set(
        "Emulation.setEmulatedMedia", media="print", features=[{"name": "prefers-color-scheme", "value": scheme}]
    )
    try:
        browser.run("dispatchEvent(new Event('beforeprint'))")
        return browser.run(script, *arguments)
    finally:
        browser.set("Emulation.setEmulatedMedia", media="")


@pytest.mark.parametrize(("name", "width", "scheme"), list(product(PAGES, (PHONE, LAPTOP), SCHEMES)))
def test_nothing_crosses_a_label_and_every_shape_stands_out(
    name: str, width: int, scheme: str, browser: Browser, gallery: Mapping[str, Path]
) -> None:
    browser.show(gallery[name], width, scheme)
    browser.run(OPEN)
    found = browser.run(CHARTS, LEAST_OF_GRAPHICS)
    assert found["labels"] > 0
    assert found["crossed"] == found["met"] == found["pale"] == []


@pytest.mark.parametrize(("name", "width"), list(product(PAGES, (PHONE, 768, LAPTOP, 2560))))
def test_a_real_page_is_quiet_and_keeps_to_its_width(
    name: str, width: int, browser: Browser, gallery: Mapping[str, Path]
) -> None:
    view = browser.view(name, gallery[name], width, "light")
    assert view.console == []
    assert [url for url in view.requests if not url.startswith("data:")] == [view.url]
    for look in view.looks:
        assert look["width"] <= width
        assert look["cut"] == look["pale"] == []


@pytest.mark.parametrize(("name", "width"), list(product(PAGES, (PHONE, LAPTOP))))
def test_axe_finds_no_barrier_on_a_real_page(
    name: str, width: int, browser: Browser, gallery: Mapping[str, Path], tools: Path
) -> None:
    assert barriers(browser, gallery[name], tools, width, "light") == [[], []]


@pytest.mark.parametrize("name", PAGES)
def test_no_text_of_a_real_page_is_too_small_for_a_phone(
    name: str, browser: Browser, gallery: Mapping[str, Path]
) -> None:
    assert browser.smallest(gallery[name]) >= SMALLEST


@pytest.mark.parametrize("name", PAGES)
def test_a_printed_page_has_all_its_columns(name: str, browser: Browser, gallery: Mapping[str, Path]) -> None:
    found = print_(browser, gallery[name], "light", PRINT)
    assert found["cells"] > 0
    assert found["folded"] == 0
    assert found["lost"] == []


@pytest.mark.parametrize("name", PAGES)
def test_paper_is_light_in_the_dark(name: str, browser: Browser, gallery: Mapping[str, Path]) -> None:
    opened = True
    assert print_(browser, gallery[name], "dark", LOOK, LEAST_CONTRAST, opened)["pale"] == []
    paper = print_(browser, gallery[name], "dark", "return getComputedStyle(document.body).backgroundColor")
    assert paper == f"rgb{tuple(bytes.fromhex(PAPERS[0].removeprefix('#')))}"


BAD = """<!DOCTYPE html><title>bad</title><body style="background: #fff"><main><svg width="200" height="99"><title>chart</title>
<text x="10" y="20" font-size="12">struck</text><line x1="0" y1="16" x2="90" y2="16" stroke="#000"/>
<text x="10" y="50" font-size="12">free</text><line x1="0" y1="60" x2="90" y2="60" stroke="#bbb"/>
<text x="20" y="52" font-size="12">met</text></svg>
<table style="width: 900px"><tr><td>wide<td>lost</table></main>"""


def test_what_is_planted_is_found(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "bad.html"
    page.write_text(BAD)
    browser.show(page, LAPTOP, "light")
    found = browser.run(CHARTS, LEAST_OF_GRAPHICS)
    assert found["crossed"] == ["chart: struck"]
    assert found["met"] == ["chart: free and met"]
    assert len(found["pale"]) == 1
    assert any("lost" in cell for cell in print_(browser, page, "light", PRINT)["lost"])
