"""Gallery, comparisons and docs as one static folder for any web host: `make site`, or `make site ARGS=FOLDER`.

Strategy: the gallery's pages are copied as they are, and the list of runs is made for what was copied. Docs are made from Markdown by
markdown-it-py. What a document links to in the repository comes along as a file, so every link leads somewhere inside the folder. A
folder that is there is used only if it is empty or was made by this command.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from markdown_it import MarkdownIt
from markupsafe import Markup

from bench.report.index import write_index
from bench.report.page import environment, style
from bench.store.atomic import write_text

MARK = ".made-by-make-site"
DOCS = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
PAGE = """\
{% extends "base.html" %}
{% block title %}{{ title }}{% endblock %}
{% block body %}
<nav aria-label="This site"><a href="{{ up }}index.html">Runs</a> <a href="{{ up }}README.html">About</a> <a href="{{ up }}docs/index.html">Docs</a></nav>
<main class="prose">
{{ content }}
</main>
{% endblock %}
"""


def documents(root: Path = ROOT) -> list[Path]:
    """Every document, relative to the repository."""
    there = [root / name for name in DOCS] + sorted((root / "docs").rglob("*.md"))
    return [path.relative_to(root) for path in there if path.is_file()]


def slug(text: str) -> str:
    """The anchor of a heading, as code hosts make it."""
    return re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")


class Site:
    """The folder that is made."""

    def __init__(self, out: Path, root: Path = ROOT) -> None:
        self.out, self.root = out, root
        self.markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
        self.pages = set(documents(root))

    def make(self) -> None:
        """Copy, list, render. Raises SystemExit where the folder is somebody's."""
        if self.out.exists() and any(self.out.iterdir()) and not (self.out / MARK).is_file():
            raise SystemExit(f"site: {self.out} is not empty and was not made by this command: name a new folder")
        shutil.rmtree(self.out, ignore_errors=True)
        self.out.mkdir(parents=True)
        (self.out / MARK).touch()
        gallery = self.root / "reports" / "gallery"
        shutil.copytree(gallery, self.out / "gallery")
        for raw in sorted((self.out / "gallery").glob("*/*/raw")):  # a host need not list a folder
            names = "\n".join(f"- [{path.name}](<{path.name}>)" for path in sorted(raw.iterdir()))
            self.page(raw.relative_to(self.out) / "index.md", self.markdown.render(f"# Raw records\n\n{names}\n"))
        write_index(self.out)
        for path in sorted(self.pages):
            self.page(path, self.markdown.render(self.source(path)))
        links = "\n".join(
            f"- [{self.title(p)}]({p.relative_to('docs')})" for p in sorted(self.pages) if p.parts[0] == "docs"
        )
        self.page(Path("docs/index.md"), self.markdown.render(f"# Docs\n\n{links}\n"))

    def source(self, path: Path) -> str:
        """A document without the marks of scripts that write parts of it."""
        return re.sub(r"<!--.*?-->\n?", "", (self.root / path).read_text(encoding="utf-8"), flags=re.DOTALL)

    def title(self, path: Path) -> str:
        """Its first heading."""
        found = re.search(r"^# (.+)$", self.source(path), re.MULTILINE)
        return found.group(1) if found else path.stem

    def page(self, path: Path, html: str) -> None:
        """Write a document's page."""
        target = self.out / path.with_suffix(".html")
        target.parent.mkdir(parents=True, exist_ok=True)
        html = re.sub(r'(href|src)="([^"]*)"', lambda found: f'{found[1]}="{self.led(path, found[2])}"', html)
        html = re.sub(r"<h([1-6])>(.*?)</h\1>", anchored, html, flags=re.DOTALL)
        title = self.title(path) if path in self.pages else "Docs"
        made = (
            environment()
            .from_string(PAGE)
            .render(
                style=style(),
                title=title,
                content=Markup(html),  # noqa: S704 - markdown-it lets no HTML through
                up="../" * (len(path.parts) - 1),
            )
        )
        write_text(target, made)

    def led(self, path: Path, link: str) -> str:
        """Where a document's link leads on the site. What it names in the repository is copied, if it is no page."""
        parts = urlsplit(link)
        if parts.scheme or parts.netloc or not parts.path:
            return link
        wanted = (self.root / path.parent / unquote(parts.path)).resolve()
        if not wanted.is_relative_to(self.root) or not wanted.exists():
            return link
        inside = wanted.relative_to(self.root)
        anchor = f"#{parts.fragment}" if parts.fragment else ""
        up = "../" * (len(path.parts) - 1)
        if inside in self.pages:
            return f"{up}{inside.with_suffix('.html')}{anchor}"
        if inside.parts[:2] == ("reports", "gallery"):
            there = Path(*inside.parts[1:])
            return f"{up}{there / 'index.html' if wanted.is_dir() and (wanted / 'index.html').exists() else there}"
        if wanted.is_dir():
            return f"{up}{self.listing(inside)}"
        copy = self.out / inside
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(wanted, copy)
        return f"{up}{inside}"

    def listing(self, folder: Path) -> Path:
        """A page that lists a folder of the repository."""
        names = sorted(p.name + "/" * p.is_dir() for p in (self.root / folder).iterdir() if p.name != "__pycache__")
        self.page(
            folder / "index.md", self.markdown.render(f"# {folder}\n\n" + "\n".join(f"- `{name}`" for name in names))
        )
        return folder / "index.html"


def anchored(found: re.Match[str]) -> str:
    """A heading that can be linked to."""
    text = re.sub(r"<[^>]+>", "", found[2])
    return f'<h{found[1]} id="{slug(text)}">{found[2]}</h{found[1]}>'


def dead_links(out: Path) -> Iterator[str]:
    """Every link of every page that leads nowhere inside the folder, as `page: link`."""
    for page in sorted(out.rglob("*.html")):
        html = page.read_text(encoding="utf-8")
        for link in re.findall(r'<a [^>]*?href="([^"]*)"', html):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            target = target / "index.html" if target.is_dir() else target
            there = target.is_file() and target.is_relative_to(out.resolve())
            if there and parts.fragment and target.suffix == ".html":
                there = f'id="{unquote(parts.fragment)}"' in target.read_text(encoding="utf-8")
            if not there:
                yield f"{page.relative_to(out)}: {link}"


def main(arguments: Sequence[str]) -> int:
    """Make the folder, and check it."""
    parser = argparse.ArgumentParser(
        prog="site", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "site", help="what is made (default: site/)")
    out = parser.parse_args(arguments).folder.resolve()
    Site(out).make()
    dead = list(dead_links(out))
    for link in dead:
        print(f"site: dead link in {link}", file=sys.stderr)
    print(f"The site: {out}, {sum(1 for _ in out.rglob('*.html'))} pages")
    return 1 if dead else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
