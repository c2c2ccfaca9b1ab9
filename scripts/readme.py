"""The card in README.md is that of the gallery run it links to: `python scripts/readme.py` says whether it is, --write puts it there."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.report.compose import document
from bench.report.parts.card import PART as CARD
from bench.report.views.terminal import table
from bench.store import manifest as manifests

README = ROOT / "README.md"
BEGIN, END = "<!-- card -->\n```text\n", "\n```\n<!-- /card -->\n"


def shown() -> tuple[Path, str]:
    """The run whose page README.md links to under its card, and the card."""
    text, _, rest = README.read_text().partition(BEGIN)[2].partition(END)
    link = rest.partition("](")[2].partition(")")[0]
    return (ROOT / link).parent, text


def card(folder: Path) -> str:
    """The card of a run, as the terminal shows it."""
    manifest = manifests.read_manifest(folder)
    return table(document(manifest, manifests.valid_records(folder, manifest)).of(CARD).card)


def main(arguments: list[str]) -> int:
    """Compare, or write."""
    folder, text = shown()
    made = card(folder)
    if "--write" in arguments:
        whole = README.read_text()
        README.write_text(whole.replace(f"{BEGIN}{text}{END}", f"{BEGIN}{made}{END}"))
    elif made != text:
        print(
            "readme: the card in README.md is not that of the run it links to: python scripts/readme.py --write",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
