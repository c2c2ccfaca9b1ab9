"""Reading a page as a browser would, as far as the tests need it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

STATIC = Path(__file__).resolve().parents[2] / "bench" / "report" / "static"
VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
Attributes = list[tuple[str, str | None]]


@dataclass
class Tag:
    """A start tag and the text right after it."""

    name: str
    attributes: dict[str, str]
    text: str = ""


@dataclass
class Page:
    """What a page has: its tags in order, all its text, and what is wrong with how tags are nested."""

    tags: list[Tag] = field(default_factory=list)
    text: str = ""
    faults: list[str] = field(default_factory=list)

    def all(self, name: str) -> list[Tag]:
        """Every tag of a name."""
        return [tag for tag in self.tags if tag.name == name]


def foreign_scripts(page: Page) -> list[str]:
    """The scripts of a page that are not the suite's own, nor data for them."""
    found = []
    for tag in page.all("script"):
        if tag.attributes == {"type": "application/json"}:
            json.loads(tag.text)
        elif tag.attributes or tag.text.strip() not in {
            path.read_text(encoding="utf-8").strip() for path in STATIC.glob("*.js")
        }:
            found.append(tag.text)
    return found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page, self.open = Page(), list[str]()

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        names = [name for name, _ in attrs]
        if len(set(names)) != len(names):
            self.page.faults.append(f"<{tag}> has an attribute twice: {names}")
        self.page.tags.append(Tag(tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Attributes) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1] != tag:
            self.page.faults.append(f"</{tag}> at {self.getpos()} closes {self.open[-1:]}")
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "script":  # which nobody reads
            self.page.text += data
        if self.page.tags:
            self.page.tags[-1].text += data


def read_page(text: str) -> Page:
    """Read a page; `faults` is empty where every tag is closed in its turn."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    if reader.open:
        reader.page.faults.append(f"never closed: {reader.open}")
    return reader.page
