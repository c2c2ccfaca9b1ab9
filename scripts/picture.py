"""The picture in README.md: the first screen of the gallery run that README links to, as a browser shows it.

    python3 scripts/environment.py --dev scripts/picture.py

Writes docs/first-screen.png and the line of README.md that shows it, whose text is the answer of that run. Run it again when
the first screen has changed. tests/report/test_readme.py says whether the text is still true. Needs chromium and chromedriver.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.report.compose import document
from bench.report.parts.answer import PART as ANSWER
from bench.store import manifest as manifests
from scripts.readme import README, shown
from scripts.screens import browser, shoot, show

PICTURE = Path("docs") / "first-screen.png"  # below the checkout
SIZE = (1200, 860)  # pixels: a wide window, to the end of the answer
MOST_BYTES = 200_000  # README is opened on phones, too
BEGIN, END = "<!-- picture -->\n", "\n<!-- /picture -->\n"


def line(folder: Path) -> str:
    """The line of README that shows the picture of a run and leads to its page; its text has the answer."""
    manifest = manifests.read_manifest(folder)
    answer = document(manifest, manifests.valid_records(folder, manifest)).of(ANSWER)
    return f"[![The first screen of a run. {answer.title}. {answer.machine}]({PICTURE})]({folder.relative_to(ROOT) / manifests.PAGE})"


def stands() -> str:
    """The line that README has; nothing where it has none."""
    return README.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]


def main() -> int:
    """Make the picture and write the line; return 1 where the picture is too large or README has no room for it."""
    folder, _ = shown()
    before = f"{BEGIN}{stands()}{END}"
    whole = README.read_text(encoding="utf-8")
    if before not in whole:
        print(f"picture: README.md has no lines {BEGIN.strip()} and {END.strip()}: put them back", file=sys.stderr)
        return 1
    with browser() as driver:
        show(driver, (folder / manifests.PAGE).as_uri(), SIZE)
        shoot(driver, (0, 0, *SIZE), ROOT / PICTURE)
    size = (ROOT / PICTURE).stat().st_size
    if size > MOST_BYTES:
        print(
            f"picture: {PICTURE} has {size:,} bytes, more than {MOST_BYTES:,}: choose a smaller SIZE", file=sys.stderr
        )
        return 1
    README.write_text(whole.replace(before, f"{BEGIN}{line(folder)}{END}"), encoding="utf-8")
    print(f"{PICTURE}: {size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
