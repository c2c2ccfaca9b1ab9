"""`make site`: one folder in which every link leads somewhere, and which says what each run found."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("markdown_it", reason="markdown-it-py belongs to the tools, and is not installed")

from scripts import site
from tests.support.pages import read_page


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of this checkout."""
    out = tmp_path_factory.mktemp("site") / "site"
    site.Site(out).make()
    return out


def test_every_link_leads_somewhere_inside_the_folder(made: Path) -> None:
    assert list(site.dead_links(made)) == []


def test_every_document_and_every_gallery_run_is_there(made: Path) -> None:
    pages = {str(path.relative_to(made)) for path in made.rglob("*.html")}
    assert {str(path.with_suffix(".html")) for path in site.documents()} <= pages
    runs = [path.parent for path in (site.ROOT / "reports" / "gallery").glob("*/2*/run.json")]
    assert runs
    assert {str(run.relative_to(site.ROOT / "reports") / "index.html") for run in runs} <= pages


def test_the_list_says_what_each_run_found_and_how_far_to_trust_it(made: Path) -> None:
    text = (made / "index.html").read_text()
    read_page(text)
    assert "Threads or async? At" in text
    assert "Trust: " in text
    assert 'href="gallery/compare/' in text


def test_a_dead_link_is_seen(made: Path, tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text('<h1 id="x">x</h1><a href="b.html">b</a> <a href="#x">x</a> <a href="#y">y</a>')
    assert list(site.dead_links(tmp_path)) == ["a.html: b.html", "a.html: #y"]


def test_a_folder_of_somebody_s_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(SystemExit, match="was not made by this command"):
        site.Site(tmp_path).make()
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_a_document_has_no_markup_but_its_own(tmp_path: Path) -> None:
    docs = tmp_path / "root"
    (docs / "docs").mkdir(parents=True)
    (docs / "reports" / "gallery").mkdir(parents=True)
    (docs / "README.md").write_text("# <script>alert(1)</script>\n\n[x](javascript:alert(1)) <b onclick=x>y</b>\n")
    site.Site(tmp_path / "out", docs).make()
    page = (tmp_path / "out" / "README.html").read_text()
    assert "<script>alert" not in page
    assert "<b onclick" not in page
    assert 'href="javascript' not in page
