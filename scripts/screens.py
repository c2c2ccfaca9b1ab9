"""What a reader of a page sees: its first screens, wide and on a phone, and what each link of these screens leads to.

    python3 scripts/environment.py --dev scripts/screens.py reports/gallery/MACHINE/RUN FOLDER [--screens 2]

Writes PNG files into FOLDER, and `links.txt`, which says which picture is behind which link. What is behind a link is shown
with its folded parts open. tests/reading.md says what they are for. Needs chromium and chromedriver, like the tests of pages.
"""

from __future__ import annotations

import base64
import re
import shutil
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

WIDE, PHONE = (1440, 900), (375, 812)  # pixels: a laptop's window, a phone's
MOST = 6 * 900  # pixels of what is behind a link
OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars")
# The links that begin on the first screens: (address, what it says), each address once. Arguments: their height.
LINKS = """
const seen = new Map();
for (const link of document.querySelectorAll("nav a, a[href]:not(.skip)")) {
  const box = link.getBoundingClientRect();
  if (!link.checkVisibility() || (!link.closest("nav") && box.top + scrollY >= arguments[0])) continue;
  if (!seen.has(link.href)) seen.set(link.href, link.textContent.trim());
}
return [...seen];
"""
# The place of what a link names, its folded parts open: left, top, width, height of the page. Arguments: its id, or "".
PLACE = """
const named = arguments[0] ? document.getElementById(arguments[0]) : document.body;
if (!named) return null;
const whole = named.closest("section") ?? named;
for (const folded of whole.querySelectorAll("details")) folded.open = true;
const box = whole.getBoundingClientRect();
return [0, box.top + scrollY, innerWidth, box.height];
"""


@contextmanager
def browser() -> Iterator[webdriver.Chrome]:
    """Chromium with a profile of its own. Exits with a message where it is not installed."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (chromium and driver):
        sys.exit("screens: chromium or chromedriver is not installed: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    with tempfile.TemporaryDirectory() as profile:
        for argument in (*OPTIONS, f"--user-data-dir={profile}"):
            options.add_argument(argument)
        with webdriver.Chrome(options=options, service=Service(driver)) as found:
            yield found


def show(driver: webdriver.Chrome, address: str, size: tuple[int, int]) -> None:
    """Load a page into a window of this size."""
    values = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", values)
    driver.get("about:blank")  # so that a page is loaded again, whatever was opened in it
    driver.get(address)


def shoot(driver: webdriver.Chrome, box: Sequence[float], file: Path) -> None:
    """Write what stands in a rectangle of the page: left, top, width, height, pixels."""
    clip: dict[str, Any] = {**dict(zip(("x", "y", "width", "height"), box, strict=True)), "scale": 1}
    found = driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip})
    file.write_bytes(base64.b64decode(found["data"]))


def first_screens(driver: webdriver.Chrome, page: Path, out: Path, count: int) -> None:
    """The first screens of a page, wide and on a phone, each as it looks to who scrolls by one window."""
    for name, size in (("wide", WIDE), ("phone", PHONE)):
        show(driver, page.as_uri(), size)
        high = driver.execute_script("return document.documentElement.scrollHeight")
        for i in range(count):
            top = i * size[1]
            if top < high:
                shoot(driver, (0, top, size[0], min(size[1], high - top)), out / f"{name}-{i + 1}.png")


def behind(driver: webdriver.Chrome, page: Path, out: Path, count: int) -> list[str]:
    """A picture of what each link of the first screens leads to; return which is which, a line each."""
    lines = []
    for name, size in (("wide", WIDE), ("phone", PHONE)):
        show(driver, page.as_uri(), size)
        for address, text in driver.execute_script(LINKS, count * size[1]):
            target, _, id_ = address.partition("#")
            if not target.endswith(".html") or not target.startswith(page.parent.as_uri()):
                lines.append(f"{name}: {text}: no page of this run: {Path(target).name}")
                continue
            show(driver, target, size)
            box = driver.execute_script(PLACE, id_)
            if box is None:
                lines.append(f"{name}: {text}: leads nowhere: {address}")
                continue
            file = f"{name}-link-{re.sub(r'[^A-Za-z0-9]+', '-', f'{Path(target).stem}-{id_}').strip('-')}.png"
            shoot(driver, (*box[:3], min(box[3], MOST)), out / file)
            lines.append(f"{name}: {text}: {file}" + (", its first part" if box[3] > MOST else ""))
    return lines


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the pictures."""
    parser = ArgumentParser(description=__doc__, usage="%(prog)s RUN FOLDER [--screens N]")
    parser.add_argument("run", type=Path, help="a run's folder")
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--screens", type=int, default=2, help="how many screens are the first ones (default: 2)")
    options = parser.parse_args(arguments)
    page = (options.run / "index.html").resolve()
    if not page.is_file():
        sys.exit(f"screens: {options.run} has no page: python3 -m bench report {options.run}")
    options.folder.mkdir(parents=True, exist_ok=True)
    with browser() as driver:
        first_screens(driver, page, options.folder, options.screens)
        lines = behind(driver, page, options.folder, options.screens)
    (options.folder / "links.txt").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    print(f"{len(list(options.folder.glob('*.png')))} pictures in {options.folder}")


if __name__ == "__main__":
    main()
