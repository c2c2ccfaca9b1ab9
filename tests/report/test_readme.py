"""What the README shows is a real run that everybody can open."""

from __future__ import annotations

from bench.store import manifest as manifests
from scripts import readme


def test_the_card_is_that_of_a_run_in_the_gallery() -> None:
    folder, text = readme.shown()
    assert folder.parent.parent == readme.ROOT / "reports" / "gallery"
    assert text == readme.card(folder)
    assert manifests.read_manifest(folder).state == "complete"
