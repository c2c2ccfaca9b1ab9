"""What the README shows is a real run that everybody can open."""

from __future__ import annotations

from pathlib import Path

from bench.report.compose import document
from bench.report.parts.card import PART as CARD
from bench.report.views.terminal import table
from bench.store import manifest as manifests

ROOT = Path(__file__).resolve().parents[2]


def shown() -> tuple[Path, str]:
    """The run whose page the README links to under its card, and the card."""
    _, _, after = (ROOT / "README.md").read_text().partition("<!-- card -->\n```text\n")
    text, _, rest = after.partition("\n```\n<!-- /card -->\n")
    link = rest.partition("](")[2].partition(")")[0]
    return (ROOT / link).parent, text


def test_the_card_is_that_of_a_run_in_the_gallery() -> None:
    folder, text = shown()
    assert folder.parent.parent == ROOT / "reports" / "gallery"
    manifest = manifests.read_manifest(folder)
    assert text == table(document(manifest, manifests.valid_records(folder, manifest)).of(CARD).card)
    assert manifest.state == "complete"
