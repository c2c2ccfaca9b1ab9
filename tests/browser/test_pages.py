"""The pages in a real browser: quiet, alone and readable; narrow and wide, light and dark, with and without scripts.

Strategy: Debian's chromium, one for the whole module. Each page is loaded once in each setting, and look.js says what
it sees there, as the page comes and with its folded parts open. Widths and schemes are set over the DevTools protocol,
since a window has a least width. To add a page, add a line to PAGES.
"""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from bench.report import report, service
from bench.report.index import write_index
from bench.report.views import cells
from bench.store.manifest import FILE, PAGE
from tests.report.remake import gold_run
from tests.report.test_service import vectors

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="chromium or its chromedriver is not installed")

OPTIONS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
WIDTHS = (375, 768, 1440, 2560)
SCHEMES = ("light", "dark")
LEAST_CONTRAST = 4.5  # WCAG 2.2, 1.4.3: what text of ordinary size needs
LOOK = Path(__file__).with_name("look.js").read_text(encoding="utf-8")
RUN_ID = "20260101T000000Z-bench"


def run_page(reports: Path) -> Path:
    """The report of a run that has one of everything."""
    folder = gold_run(reports / "runs" / "a-host" / RUN_ID)
    report.write(folder)
    return folder / PAGE


def cells_page(reports: Path) -> Path:
    """The second page of that run."""
    return reports / "runs" / "a-host" / RUN_ID / cells.FILE


def compare_page(reports: Path) -> Path:
    """The comparison of that run with one of another machine."""
    first = reports / "runs" / "a-host" / RUN_ID
    second = gold_run(reports / "other")
    content = json.loads((second / FILE).read_text())
    content["host"], content["seed"] = "other-host", content["seed"] + 1
    content["environment"]["machine"]["CPU"] = (
        "Other Processor with a name that is long, as processors' names are @ 3.10GHz"
    )
    (second / FILE).write_text(json.dumps(content))
    return report.compare([first, second], reports / "compare" / "one-vs-other")[1]


def index_page(reports: Path) -> Path:
    """The list of all runs."""
    write_index(reports)
    return reports / PAGE


def empty_index_page(reports: Path) -> Path:
    """The list of all runs before there is one."""
    (reports / "empty").mkdir()
    write_index(reports / "empty")
    return reports / "empty" / PAGE


# How each page is made, in this order; does it have charts; and what it must say, with and without scripts.
PAGES: Mapping[str, tuple[Callable[[Path], Path], bool, tuple[str, ...]]] = {
    "run": (
        run_page,
        True,
        ("Threads or async?", "My service", "What does it cost to wait for the network?", "CPU per GET"),
    ),
    "cells": (cells_page, True, ("What was found", "process needs 3.9 % less CPU per op than thread", "The card")),
    "compare": (compare_page, True, ("What was found", "different CPUs", "CPU per op, ratio to thread")),
    "index": (index_page, False, ("Runs", RUN_ID, "Imaginary Processor", "one-vs-other")),
    "index of none": (empty_index_page, False, ("Runs", "make quick")),
}


@dataclass(frozen=True)
class View:
    """A page as it was seen in one setting."""

    name: str
    url: str
    width: int
    console: list[str]
    requests: list[str]
    looks: tuple[Mapping[str, Any], Mapping[str, Any]]  # as it comes; with its folded parts open


class Browser:
    """Chromium, and what it was asked to show."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self._driver = driver
        self._events("browser")

    def _events(self, log: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._driver.get_log(log)  # type: ignore[no-untyped-call]
        return found

    def set(self, command: str, **values: object) -> None:
        """Send a command of the DevTools protocol."""
        self._driver.execute_cdp_cmd(command, values)

    def show(self, page: Path, width: int, scheme: str) -> None:
        """Show a page."""
        self.set("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        self.set("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self._driver.get("about:blank")
        for log in ("browser", "performance"):
            self._events(log)
        self._driver.get(page.as_uri())

    def run(self, script: str, *arguments: object) -> Any:
        """What a script returns on the page that is on show."""
        return self._driver.execute_script(script, *arguments)

    def wait_for(self, script: str, *arguments: object) -> Any:
        """What a script gives to the function that is its last argument."""
        self._driver.set_script_timeout(120)
        return self._driver.execute_async_script(script, *arguments)

    def paper(self, page: Path) -> bytes:
        """A page as it is printed on A4, as PDF."""
        self._driver.get(page.as_uri())
        found = self._driver.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True, "printBackground": True})
        return base64.b64decode(found["data"])

    def view(self, name: str, page: Path, width: int, scheme: str) -> View:
        """Show a page and look at it."""
        self.show(page, width, scheme)
        looks = tuple(self._driver.execute_script(LOOK, LEAST_CONTRAST, opened) for opened in (False, True))
        messages = [json.loads(event["message"])["message"] for event in self._events("performance")]
        requests = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
        console = [event["message"] for event in self._events("browser")]
        return View(name, page.as_uri(), width, console, requests, (looks[0], looks[1]))

    def ask(self, page: Path, curves: object, services: object) -> object:
        """What the page's script says of services."""
        self._driver.get(page.as_uri())
        script = (
            "const [curves, all] = arguments; return all.map((one) => { const found = whatIf(curves, one, 'connections');"
            " return [found.rows, found.sentences]; });"
        )
        return self._driver.execute_script(script, curves, services)

    def type(self, page: Path, name: str, value: str) -> tuple[str, str]:
        """What the form says before and after a value was typed into one of its fields."""
        self._driver.get(page.as_uri())
        script = (
            "const [name, value] = arguments, form = document.getElementById('my-service'), said = form.querySelector('.said');"
            "const before = said.textContent; form.elements[name].value = value;"
            "form.dispatchEvent(new Event('input')); return [before, said.textContent];"
        )
        before, after = self._driver.execute_script(script, name, value)
        return before, after

    def smallest(self, page: Path) -> float:
        """The size of the smallest text on a phone, pixels, pictures as they are scaled."""
        self.set("Emulation.setDeviceMetricsOverride", width=375, height=900, deviceScaleFactor=1, mobile=False)
        self._driver.get(page.as_uri())
        script = (
            "const sizes = [];"
            "for (const e of document.body.querySelectorAll('*')) {"
            "  if (e.closest('title, desc, script, style, .unseen') || !e.checkVisibility()) continue;"
            "  if (![...e.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.data.trim())) continue;"
            "  const svg = e.closest('svg'), scale = svg ? svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : 1;"
            "  sizes.push(parseFloat(getComputedStyle(e).fontSize) * scale);"
            "} return Math.min(...sizes);"
        )
        return float(self._driver.execute_script(script))

    def read(self, page: Path) -> str:
        """What a page says to a reader who lets no script run: the names in its accessibility tree."""
        self.set("Emulation.setScriptExecutionDisabled", value=True)
        try:
            self._driver.get(page.as_uri())
            nodes = self._driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
        finally:
            self.set("Emulation.setScriptExecutionDisabled", value=False)
        return "\n".join(str(node.get("name", {}).get("value", "")) for node in nodes if not node["ignored"])


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser with a profile of its own."""
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for argument in (*OPTIONS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    with webdriver.Chrome(options=options, service=Service(DRIVER)) as driver:
        yield Browser(driver)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Every page, made from scripted runs."""
    reports = tmp_path_factory.mktemp("reports")
    return {name: make(reports) for name, (make, _, _) in PAGES.items()}


@pytest.fixture(
    scope="module",
    params=list(product(PAGES, WIDTHS, SCHEMES)),
    ids=lambda setting: "-".join(str(part) for part in setting),
)
def view(request: pytest.FixtureRequest, browser: Browser, pages: Mapping[str, Path]) -> View:
    """A page in a setting."""
    name, width, scheme = request.param
    return browser.view(name, pages[name], width, scheme)


def test_the_console_stays_empty(view: View) -> None:
    assert view.console == []


def test_nothing_is_asked_for_but_the_page_itself(view: View) -> None:
    assert [url for url in view.requests if not url.startswith("data:")] == [view.url]


def test_nothing_makes_the_page_scroll_sideways(view: View) -> None:
    assert [look["room"] for look in view.looks] == [view.width] * 2
    assert max(look["width"] for look in view.looks) <= view.width


def test_no_label_of_a_chart_is_cut(view: View) -> None:
    for look in view.looks:
        assert (look["chart_texts"] > 0) == PAGES[view.name][1]
        assert look["cut"] == []


def test_all_text_stands_out_from_what_is_behind_it(view: View) -> None:
    as_it_comes, unfolded = view.looks
    assert 0 < as_it_comes["texts"] <= unfolded["texts"]
    assert as_it_comes["pale"] == unfolded["pale"] == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_all_of_it_without_scripts(name: str, browser: Browser, pages: Mapping[str, Path]) -> None:
    said = browser.read(pages[name])
    assert [text for text in PAGES[name][2] if text not in said] == []


def test_the_form_says_what_the_command_says(browser: Browser, pages: Mapping[str, Path]) -> None:
    curves, asked = vectors()
    wanted = [[one["rows"], one["sentences"]] for one in asked]
    assert browser.ask(pages["run"], service.data(curves), asked) == wanted


def test_the_form_answers_what_is_typed(browser: Browser, pages: Mapping[str, Path]) -> None:
    before, after = browser.type(pages["run"], "flows", "10")
    assert "2,000 connections" in before
    assert "10 connections" in after


@pytest.mark.parametrize("name", ["run", "cells", "compare"])
def test_no_text_of_a_phone_s_page_is_below_11_pixels(name: str, browser: Browser, pages: Mapping[str, Path]) -> None:
    assert browser.smallest(pages[name]) >= 11


BAD = """<!doctype html><title>bad</title><style>body { background: #fff; color: #777; }</style>
<p>pale</p><p style="color: #000; opacity: .4">thin</p><p style="color: #000; background: #333">dark on dark</p>
<p style="color: #000">plain</p><details><summary style="color: #000">more</summary><p>folded</p></details>
<svg viewBox="0 0 100 20" width="200"><title>chart</title><text x="90" y="10">label</text><text y="15">in</text></svg>
<div style="width: 3000px">wide</div><img src="missing.png"><script>console.warn("look")</script>"""


def test_the_looks_see_what_they_look_for(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "bad.html"
    page.write_text(BAD)
    seen = browser.view("bad", page, 1440, "light")
    assert any("look" in message for message in seen.console)
    assert (tmp_path / "missing.png").as_uri() in seen.requests
    as_it_comes, unfolded = seen.looks
    assert as_it_comes["width"] >= 3000
    assert as_it_comes["cut"] == ["chart: label"]
    pale = [[where.split("> ")[1].split(":")[0] for where in look["pale"]] for look in seen.looks]
    assert pale == [["pale", "thin", "dark on dark", "wide"], ["pale", "thin", "dark on dark", "folded", "wide"]]
    assert unfolded["texts"] == as_it_comes["texts"] + 1
