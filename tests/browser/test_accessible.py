"""Nobody is kept out: axe finds no barrier of WCAG 2.2 A or AA on any page, and the markup is valid HTML.

Strategy: axe-core and html-validate come from npm, at the versions of tools/package-lock.json. They are installed when first asked
for, into tools/node_modules. axe runs inside the page, in each setting, as the page comes and with its folded parts open. It
must find what is planted, too.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.browser.test_pages import PAGES, SCHEMES, WIDTHS, Browser
from tests.browser.test_pages import browser as browser  # noqa: PLC0414 - a fixture
from tests.browser.test_pages import pages as pages  # noqa: PLC0414 - a fixture
from tests.browser.test_pages import pytestmark as in_a_browser

TOOLS = Path(__file__).with_name("tools")
NPM, NODE = shutil.which("npm"), shutil.which("node")
pytestmark = [in_a_browser, pytest.mark.skipif(not (NPM and NODE), reason="npm is not installed")]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# Colours of charts: WCAG 2.2, 1.4.11 asks 3:1 of what must be seen to understand a picture.
LEAST_CONTRAST = 3.0
RUN = """
const [tags, opened, done] = arguments;
for (const folded of document.querySelectorAll("details")) folded.open = opened;
axe.run(document, {runOnly: tags, resultTypes: ["violations"]}).then((found) => done(found.violations.map(
  (one) => `${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 120)).join(" | ")}`)));
"""


@pytest.fixture(scope="module")
def tools() -> Path:
    """Where axe-core and html-validate are; installed if they are not."""
    there = TOOLS / "node_modules"
    if not (there / ".package-lock.json").exists():
        command = [str(NPM), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=TOOLS, capture_output=True, text=True, check=False, timeout=300)
        if done.returncode:
            pytest.skip(f"npm could not install axe-core and html-validate: {done.stderr[-300:]}")
    return there


def barriers(browser: Browser, page: Path, tools: Path, width: int, scheme: str) -> list[list[str]]:
    """What axe finds on a page, as it comes and with its folded parts open."""
    browser.show(page, width, scheme)
    browser.run((tools / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
    return [browser.wait_for(RUN, TAGS, opened) for opened in (False, True)]


# Colours go by the scheme, sizes by the width: of the pairs, those in which each comes once. The others take another minute.
SHORT = {(width, SCHEMES[i % len(SCHEMES)]) for i, width in enumerate(WIDTHS)}


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [
        pytest.param(*one, id="-".join(map(str, one)), marks=[] if one[1:] in SHORT else pytest.mark.long)
        for one in product(PAGES, WIDTHS, SCHEMES)
    ],
)
def test_no_barrier_is_found(
    name: str, width: int, scheme: str, browser: Browser, pages: Mapping[str, Path], tools: Path
) -> None:
    assert barriers(browser, pages[name], tools, width, scheme) == [[], []]


def test_axe_sees_what_is_planted(browser: Browser, tools: Path, tmp_path: Path) -> None:
    page = tmp_path / "bad.html"
    page.write_text(
        '<!DOCTYPE html><html><head><title>t</title></head><body><img src="data:,"><details><summary>s</summary>'
        '<p style="color: #aaa">pale</p></details></body></html>'
    )
    closed, opened = barriers(browser, page, tools, 1440, "light")
    assert {one.partition(":")[0] for one in closed} == {"html-has-lang", "image-alt"}
    assert {one.partition(":")[0] for one in opened} == {"html-has-lang", "image-alt", "color-contrast"}


def complaints(tools: Path, page: Path, folder: Path) -> list[str]:
    """What html-validate says of a page."""
    out = folder / "said.json"
    command = [
        str(NODE),
        str(tools / "html-validate" / "bin" / "html-validate.mjs"),
        "--config",
        str(TOOLS / "html-validate.json"),
    ]
    with out.open("w") as file:
        subprocess.run([*command, "--formatter", "json", str(page)], stdout=file, check=False, timeout=120)
    results: list[Mapping[str, Any]] = json.loads(out.read_text() or "[]")
    return [f"{m['ruleId']} (line {m['line']}): {m['message']}" for one in results for m in one["messages"]]


@pytest.mark.parametrize("name", PAGES)
def test_the_markup_is_valid(name: str, pages: Mapping[str, Path], tools: Path, tmp_path: Path) -> None:
    assert complaints(tools, pages[name], tmp_path) == []


def test_markup_that_is_not_valid_is_seen(tools: Path, tmp_path: Path) -> None:
    page = tmp_path / "bad.html"
    page.write_text(
        '<!DOCTYPE html><html lang="en"><head><title>t</title></head><body><p id="a"><div id="a"></div></p></body></html>'
    )
    assert any("no-dup-id" in one for one in complaints(tools, page, tmp_path))
