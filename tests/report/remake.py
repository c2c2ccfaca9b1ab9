"""The gold files: what the views of one fixed, scripted run must be, to the byte.

    python -m tests.report.remake

makes them again. Do that after a change of wording or layout, and read the difference before it is committed.
Charts are left out of them: test_charts.py looks after those.
"""

from __future__ import annotations

import json
import math
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

from bench.report.compose import document
from bench.report.document import Document
from bench.report.parts import assumptions, card, commands, environment, findings, how, scale, verdicts, workloads
from bench.report.views import html_, terminal
from bench.store.manifest import NotRun, Void, read_manifest, valid_records
from bench.store.records import Record
from bench.words import Finding
from tests.support.records import make_record, rounds_of
from tests.support.runs import make_run

GOLD = Path(__file__).resolve().parent / "gold"
SVG = re.compile(r'<svg [^>]*aria-labelledby="(?P<id>\S+)-title .*?</svg>', re.DOTALL)

# T in s and D in us, by workload, flows and model: made up, but as a machine would have them.
FIGURES: dict[tuple[str, int], dict[str, tuple[float, float]]] = {
    ("sleep", 10): {"sequential": (2.03, 48.0), "thread": (0.203, 31.0), "asyncio": (0.211, 28.0)},
    ("sleep", 100): {
        "thread": (0.207, 17.3),
        "process": (0.206, 15.1),
        "asyncio": (0.219, 8.41),
        "uvloop": (0.202, 8.37),
    },
    ("http_get", 1): {"sequential": (0.509, 171.0), "thread": (0.511, 173.0), "asyncio": (0.561, 271.0)},
    ("http_get", 100): {
        "thread": (0.241, 61.2),
        "process": (0.238, 58.8),
        "asyncio": (0.263, 98.7),
        "uvloop": (0.224, 66.4),
    },
    ("http_get", 1000): {
        "thread": (1.31, 63.9),
        "process": (1.27, 60.3),
        "asyncio": (1.98, 97.1),
        "uvloop": (1.34, 65.8),
    },
}


def wobble(values: int, seed: int, width: float) -> list[float]:
    """Factors around 1, the same on every machine: no random generator whose stream may change."""
    return [1 + width * math.sin(seed * 12.9898 + i * 78.233) for i in range(values)]


def gold_records() -> list[Record]:
    """The fixed run's records: ten rounds at many flows, three at few, one of the classic example, and null cells."""
    found = [
        make_record(f"countasync/{m}/3", value_s=s)
        for m, s in (("sequential", 3.0013), ("thread", 1.0009), ("asyncio", 1.0012))
    ]
    seed = 0
    for (workload, flows), models in FIGURES.items():
        rounds = 10 if flows >= 100 else 3
        for model, (t, d) in models.items():
            seed += 1
            times = [t * w for w in wobble(rounds, seed, 0.004)]
            found += rounds_of(
                f"{workload}/{model}/{flows}", times, [d * 1e-6 * w for w in wobble(rounds, -seed, 0.05)]
            )
    for i, model in enumerate(("thread", "process", "asyncio", "uvloop")):
        found += rounds_of(f"sleep/{model}/100?ops=0", [0.002 * (i + 1), 0.0021 * (i + 1), 0.0019 * (i + 1)])
    for model, ready, (t, d) in (
        ("sequential", 0, (0.052, 500.0)),
        ("thread", 2, (0.031, 505.0)),
        ("asyncio", 1, (0.032, 510.0)),
    ):
        timeline = f"0 work 0 5000;0 wait 5000 15000;0 work 15000 20000;1 ready 0 {ready}000;1 work {ready}000 25000"
        found += rounds_of(f"two_flows/{model}/2", [t] * 5, [d * 1e-6] * 5, timeline=timeline)
    return found


def gold_run(folder: Path) -> Path:
    """The whole folder, with one of everything: void, superseded, not run, findings of the campaign."""
    lost, void = make_record("sleep/process/100", 4, 2), make_record("http_get/asyncio/100", 11, 1)
    return make_run(
        folder,
        [*gold_records(), lost],
        void=[Void(void.id, void.cell.name, 11, 1, "flow 7: the server saw 39 requests, not 40")],
        superseded=[lost.id],
        not_run=[NotRun("http_get/process/5000", "pids.max is 4096, this cell needs 5066")],
        findings=[
            Finding(
                "warning", "the budget of 290 s was spent before 2 blocks had all their rounds", "give it more time"
            )
        ],
        rounds=10,
        elapsed_s=271.3,
    )


# In the order of the gold file, each with the part of the page that says it; a part of one thing only has no name for it.
DATA = (
    ("answer", card, "answer"),
    ("card", card, "card"),
    ("other_card", card, "other"),
    ("assumptions", assumptions, "sentences"),
    ("idle", assumptions, "idle"),
    ("headlines", verdicts, "headlines"),
    ("ratios", verdicts, "ratios"),
    ("findings", findings, ""),
    ("sections", workloads, ""),
    ("scale", scale, ""),
    ("models", how, "models"),
    ("environment", environment, ""),
    ("commands", commands, ""),
    ("not_run", how, "not_run"),
    ("void", how, "void"),
)


def data(content: Document) -> dict[str, Any]:
    """Everything that a document says, by name."""
    found: dict[str, Any] = {name: getattr(content, name) for name in ("title", "id", "host", "facts")}
    for name, part, field in DATA:
        said = content.of(part.PART)
        found[name] = getattr(said, field) if field else said
    return found


def plain(value: Any) -> Any:
    """Data that is the same JSON everywhere: nine digits of a float, and null for NaN."""
    if isinstance(value, float):
        return None if math.isnan(value) else float(f"{value:.9g}")
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, dict):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(entry) for entry in value]
    return value


def without_charts(page: str) -> str:
    """The page with each chart replaced by its name."""
    return SVG.sub(r"[chart \g<id>]", page)


@contextmanager
def columns(width: int) -> Iterator[None]:
    """A terminal of this width."""
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = str(width)
    try:
        yield
    finally:
        del os.environ["COLUMNS"]
        if before is not None:
            os.environ["COLUMNS"] = before


def views(folder: Path) -> dict[str, str]:
    """Every view of a run's folder, by the name of its gold file."""
    manifest = read_manifest(folder)
    content = document(manifest, valid_records(folder, manifest))
    with columns(100):
        printed = terminal.card(content, "index.html")
    return {
        "document.json": json.dumps(plain(data(content)), indent=1, ensure_ascii=False) + "\n",
        "page.html": without_charts(html_.page(content)) + "\n",
        "cells.html": without_charts(html_.page(content, "cells")) + "\n",
        "card.txt": printed + "\n",
    }


def main() -> None:
    """Write the gold files."""
    GOLD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, text in views(gold_run(Path(folder) / "run")).items():
            (GOLD / name).write_text(text, encoding="utf-8")
            print(f"wrote {GOLD / name}")


if __name__ == "__main__":
    main()
