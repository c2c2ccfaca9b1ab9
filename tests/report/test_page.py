"""The page: well formed, usable without sight and without a network, and deaf to what a run's files try to say."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bench.report.compose import document
from bench.report.index import MOST_ANSWER, SAID, Listed, Side, index, judgement, side
from bench.report.views import html_
from bench.store.manifest import Manifest, NotRun, Void
from bench.store.records import Record
from bench.words import Finding
from tests.report.remake import gold_records
from tests.support.pages import Page, foreign_scripts, read_page
from tests.support.records import make_record, rounds_of
from tests.support.runs import make_manifest

EVIL = """<script>alert("1")</script><img src=x onerror='alert(2)'>&amp;{{ 7 * 7 }}"""
TEN = [0.25 + 0.001 * i for i in range(10)]


def text_of(records: list[Record], **manifest: Any) -> str:
    return html_.page(document(make_manifest(records, **manifest), records))


PAGES = ("index", "cells")


@pytest.fixture(scope="module", params=PAGES)
def gold(request: pytest.FixtureRequest) -> Page:
    """Each page of the gold run: it has one of everything."""
    void = Void("r011.x.a1", "http_get/asyncio/100", 11, 1, "it did other work")
    manifest = make_manifest(gold_records(), void=[void], not_run=[NotRun("sleep/uvloop/1", "uvloop is not installed")])
    return read_page(html_.page(document(manifest, gold_records()), request.param))


def test_every_tag_is_closed_in_its_turn(gold: Page) -> None:
    assert gold.faults == []


def test_ids_are_unique_and_links_inside_the_page_lead_somewhere(gold: Page) -> None:
    ids = [tag.attributes["id"] for tag in gold.tags if "id" in tag.attributes]
    assert len(ids) == len(set(ids))
    links = {tag.attributes["href"] for tag in gold.all("a")}
    assert {link[1:] for link in links if link.startswith("#")} <= set(ids)


def test_what_is_referred_to_by_id_is_there(gold: Page) -> None:
    ids = {tag.attributes["id"] for tag in gold.tags if "id" in tag.attributes}
    for tag in gold.tags:
        for name in ("aria-labelledby", "aria-describedby", "for"):
            assert set(tag.attributes.get(name, "").split()) <= ids


def test_nothing_is_loaded_from_anywhere(gold: Page) -> None:
    for tag in gold.tags:
        for name, value in tag.attributes.items():
            if name.startswith("xmlns") or tag.name == "a":
                continue
            assert not re.search(r"https?:|//\w", value), (tag.name, name, value)
            if name in {"src", "href", "xlink:href", "srcset", "data", "action"}:
                assert value.startswith(("#", "data:")), (tag.name, name, value)
    assert "@import" not in gold.text
    assert not re.findall(r"url\((?!#|[\"']?data:)", gold.text)


def test_there_is_no_script_but_the_suite_s_own(gold: Page) -> None:
    assert gold.all("script")
    assert foreign_scripts(gold) == []
    assert not [name for tag in gold.tags for name in tag.attributes if name.startswith("on")]


def test_every_heading_of_a_table_says_what_it_is_the_heading_of(gold: Page) -> None:
    assert gold.all("th")
    assert {tag.attributes.get("scope") for tag in gold.all("th")} == {"col", "row"}


def test_every_table_has_a_caption(gold: Page) -> None:
    assert len(gold.all("table")) == len(gold.all("caption")) >= 5


def test_every_chart_can_be_read_without_seeing_it(gold: Page) -> None:
    charts = gold.all("svg")
    assert len(charts) == 2 * len(gold.all("figcaption")) >= 6  # wide, and for a phone
    assert all(chart.attributes.get("role") == "img" and chart.attributes.get("aria-labelledby") for chart in charts)


def test_what_scrolls_can_be_reached_by_keyboard_and_has_a_name(gold: Page) -> None:
    scrolling = [tag for tag in gold.tags if "scroll" in tag.attributes.get("class", "").split()]
    assert scrolling
    assert all(tag.attributes.get("tabindex") == "0" and tag.attributes.get("aria-label") for tag in scrolling)


def test_the_page_has_a_language_a_title_one_main_heading_and_fits_small_screens(gold: Page) -> None:
    assert gold.all("html")[0].attributes["lang"] == "en"
    assert gold.all("title")[0].text.strip()
    assert len(gold.all("h1")) == len(gold.all("main")) == 1
    assert "viewport" in {tag.attributes.get("name") for tag in gold.all("meta")}


def test_headings_skip_no_level(gold: Page) -> None:
    levels = [int(tag.name[1]) for tag in gold.tags if re.fullmatch(r"h[1-6]", tag.name)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_the_pages_say_what_was_void_what_did_not_run_and_both_bodies() -> None:
    void = Void("r011.x.a1", "http_get/asyncio/100", 11, 1, "it did other work")
    not_run = NotRun("sleep/uvloop/1", "uvloop is not installed")
    content = document(make_manifest(gold_records(), void=[void], not_run=[not_run]), gold_records())
    said = "".join(read_page(html_.page(content, which)).text for which in PAGES)
    for text in ("it did other work", "uvloop is not installed", "# the body of http_get"):
        assert text in said


def test_links_from_one_page_to_the_other_lead_somewhere() -> None:
    content = document(make_manifest(gold_records()), gold_records())
    first, second = (read_page(html_.page(content, which)) for which in PAGES)
    wanted = {
        tag.attributes["href"].partition("#")[2] for tag in first.all("a") if "cells.html#" in tag.attributes["href"]
    }
    assert wanted
    assert wanted <= {tag.attributes["id"] for tag in second.tags if "id" in tag.attributes}


@pytest.mark.parametrize(
    ("records", "manifest"),
    [
        ([make_record("sleep/thread/100")], {}),
        ([], {"state": "incomplete"}),
        (rounds_of("sleep/thread/100?ops=0", [0.001]), {}),
        (rounds_of("sleep/asyncio/1", TEN) + rounds_of("sleep/asyncio/10", TEN), {}),
        (rounds_of("sleep/thread/100", TEN[:3]) + rounds_of("sleep/asyncio/100", TEN[:3]), {"verdicts": False}),
        ([r for n in (1, 10) for r in rounds_of(f"sleep/thread/{n}", [0.3] * 25, [1.1e-5] * 25)], {}),
        (rounds_of("of_tomorrow/goroutine/1", TEN) + rounds_of("of_tomorrow/goroutine/10", TEN), {}),
    ],
    ids=["one record", "no record", "a null cell", "one model", "too few rounds", "no variation", "unknown names"],
)
def test_small_and_odd_runs_have_a_page(records: list[Record], manifest: dict[str, Any]) -> None:
    content = document(make_manifest(records, **manifest), records)
    for which in PAGES:
        page = read_page(html_.page(content, which))
        assert page.faults == []
        assert "nan" not in page.text.lower().split()


def evil_manifest(records: list[Record]) -> Manifest:
    """Every text of a manifest says something evil, names of workloads and models included."""
    m = make_manifest(records)
    return replace(
        m,
        id=EVIL,
        host=EVIL,
        preset=EVIL,
        started_utc=EVIL,
        state=EVIL,
        environment={
            "machine": {"CPU": EVIL, "CPUs online": EVIL, EVIL: EVIL},
            "interpreter": {"python": EVIL, "implementation": EVIL},
            "cores": {"measured": EVIL, "server and campaign": EVIL},
            EVIL: {EVIL: EVIL},
        },
        bodies={w: dict.fromkeys(m.bodies[w], EVIL) for w in m.bodies},
        about={
            "workloads": dict.fromkeys(m.workloads, EVIL),
            "shows": dict.fromkeys(m.workloads, EVIL),
            "models": dict.fromkeys(m.models, EVIL),
            "kinds": dict.fromkeys(m.models, EVIL),
        },
        void=[Void(EVIL, EVIL, 1, 1, EVIL)],
        not_run=[NotRun(EVIL, EVIL)],
        findings=[Finding("hint", EVIL, EVIL)],
    )


def evil_records() -> list[Record]:
    """Records whose metadata name a model that no cell's name could have."""
    plain = [r for n in (1, 100) for m in ("thread", "asyncio") for r in rounds_of(f"http_get/{m}/{n}", TEN)]
    return [
        replace(r, metadata={**r.metadata, "model": EVIL, "phase": EVIL, "cpus_seen": EVIL})
        if r.cell.model == "asyncio"
        else r
        for r in plain
    ]


@pytest.fixture(scope="module", params=PAGES)
def evil(request: pytest.FixtureRequest) -> Page:
    """A page on which everything tries to be more than text."""
    records = evil_records()
    manifest = evil_manifest(records)
    manifest = replace(
        manifest,
        models=["thread", EVIL],
        about={
            **manifest.about,
            "models": dict.fromkeys(["thread", EVIL], EVIL),
            "kinds": {"thread": "kernel", EVIL: EVIL},
        },
    )
    return read_page(html_.page(document(manifest, records), request.param))


def test_what_run_files_say_stays_text(evil: Page) -> None:
    assert evil.faults == []
    assert foreign_scripts(evil) == []
    assert evil.all("img") == []
    assert not [name for tag in evil.tags for name in tag.attributes if name.startswith("on")]
    assert evil.text.count(EVIL) > 10
    assert "49" not in evil.all("title")[0].text


def test_what_run_files_say_stays_text_in_the_charts_too(evil: Page) -> None:
    if "Every cell" not in evil.all("h1")[0].text:
        return  # no question is about a model of no known kind
    assert [tag for tag in evil.all("text") if EVIL in tag.text]
    assert [tag for tag in evil.all("desc") if EVIL in tag.text]


def test_an_own_workload_and_models_with_evil_names_stay_text_on_the_first_page() -> None:
    manifest = evil_manifest(evil_records())
    kinds = {"thread": "kernel", EVIL: "user"}
    about = {**manifest.about, "models": dict.fromkeys(kinds, EVIL), "kinds": kinds}
    page = read_page(html_.page(document(replace(manifest, models=list(kinds), about=about), evil_records())))
    assert page.faults == []
    assert foreign_scripts(page) == []
    assert page.all("img") == []
    assert [tag for tag in page.all("text") if EVIL in tag.text]
    assert [tag for tag in page.all("desc") if EVIL in tag.text]


def test_the_index_of_runs_is_well_formed_and_its_text_stays_text() -> None:
    manifest = evil_manifest([])
    listed = [
        Listed("runs/a/index.html", make_manifest([])),
        Listed('runs/"><script>/index.html', manifest, EVIL, EVIL),
    ]
    sides = [Side('compare/"><b>/index.html', EVIL, (EVIL,), (EVIL, manifest.id))]
    page = read_page(index(listed, sides))
    assert page.faults == []
    assert foreign_scripts(page) == []
    assert page.all("img") == page.all("b") == []
    links = ["runs/a/index.html", 'runs/"><script>/index.html', 'compare/"><b>/index.html']
    assert [tag.attributes["href"] for tag in page.all("a")] == links


def test_what_reports_and_comparisons_say_of_themselves_is_used_only_where_it_is_text(tmp_path: Path) -> None:
    for content in ("{", "[]", "{}", '{"page": 7}', '{"page": {"title": 3, "trust": {"level": []}}}', "x" * 100):
        (tmp_path / "report.json").write_text(content)
        assert judgement(tmp_path / "report.json") == ("", "")
        (tmp_path / SAID).write_text(content)
        assert side(tmp_path / "index.html", "link") == Side("link", tmp_path.name)
    (tmp_path / "report.json").write_text(json.dumps({"page": {"title": "t" * 999, "trust": {"level": "fair"}}}))
    assert judgement(tmp_path / "report.json") == ("t" * MOST_ANSWER, "fair")
    assert judgement(tmp_path / "missing.json") == ("", "")


def test_an_index_without_runs_says_how_to_make_one() -> None:
    page = read_page(index([]))
    assert page.faults == []
    assert "make quick" in page.text
