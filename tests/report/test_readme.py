"""What the README shows is a real run that everybody can open."""

from __future__ import annotations

import struct
from pathlib import Path

from bench.store import manifest as manifests
from scripts import picture, readme
from tests.support.pages import read_page


def test_the_card_is_that_of_a_run_in_the_gallery() -> None:
    folder, text = readme.shown()
    assert folder.parent.parent == readme.ROOT / "reports" / "gallery"
    assert text == readme.card(folder)
    assert manifests.read_manifest(folder).state == "complete"


def test_the_picture_is_small_and_its_text_is_the_answer_of_that_run() -> None:
    folder, _ = readme.shown()
    assert picture.stands() == picture.line(folder)
    assert f"![The first screen of a run. {document_title(folder)}" in picture.stands()
    content = (readme.ROOT / picture.PICTURE).read_bytes()
    assert content.startswith(b"\x89PNG\r\n")
    assert struct.unpack(">II", content[16:24]) == picture.SIZE
    assert len(content) <= picture.MOST_BYTES


def document_title(folder: Path) -> str:
    """The heading of the page that stands in the gallery."""
    return read_page((folder / manifests.PAGE).read_text(encoding="utf-8")).all("h1")[0].text.strip()
