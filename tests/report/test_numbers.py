"""Every number of the first two screens is in report.json; those that were measured have their interval and rounds there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bench.report.views import html_, json_
from tests.support import gallery

NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
UNSEEN = re.compile(
    r"<(svg|script|nav|details|style)\b.*?</\1>", re.DOTALL
)  # of the first picture, the texts at its right are looked at; another's axis has such labels, too
AT_THE_RIGHT = re.compile(r'text-anchor="end"[^>]*>([^<]*%[^<]*)<')


@pytest.mark.parametrize("folder", gallery.RUNS, ids=lambda folder: folder.name)
def test_every_number_of_the_first_two_screens_is_in_the_report_for_programs(folder: Path) -> None:
    content = gallery.content(folder)
    page = html_.page(content)
    screens = page[page.index("<h1>") : page.index('<section id="network"')]
    shown = re.sub(r"<[^>]+>", " ", UNSEEN.sub("", screens)) + " ".join(
        AT_THE_RIGHT.findall(screens.partition('<section id="timers"')[0])
    )
    said = json.loads(json_.render(gallery.run(folder), content, folder))["page"]
    known = set(NUMBER.findall(json.dumps(said, ensure_ascii=False)))
    assert len(NUMBER.findall(shown)) > 50
    assert set(NUMBER.findall(shown)) - known == set()
    measured = [one for one in said["numbers"] if "value" in one]
    assert measured
    assert all(one["rounds"] >= 1 for one in measured)
    assert all(one["low"] is not None or one["rounds"] < 6 for one in measured)
