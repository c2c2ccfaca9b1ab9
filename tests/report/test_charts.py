"""Charts: the same bytes for the same data, fit for a page that has several of them, light or dark."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from bench.report.document import Chart, Lane, Line, Point, Timeline
from bench.report.draw import charts, lanes
from bench.report.draw.palette import GRID, INK, LOOKS, PAPER, look

MODELS = ("sequential", "thread", "process", "asyncio", "uvloop", "of-tomorrow")


def scaling(id_: str = "sleep-throughput", models: tuple[str, ...] = MODELS) -> Chart:
    lines = [
        Line(m, tuple(Point(n, n * (50.0 + i), n * (48.0 + i), n * (53.0 + i)) for n in (1, 10, 100, 1000)))
        for i, m in enumerate(models)
    ]
    lines += [Line(models[0], (Point(1, 60), Point(1000, 6e4)), style) for style in ("bound", "estimate", "computed")]
    return Chart(id_, "ops per second & flows", "flows", "ops per second", tuple(lines), "how")


def bars() -> Chart:
    lines = tuple(Line(m, (Point(1.0 + i, 0),)) for i, m in enumerate(MODELS))
    return Chart("countasync-time", "time of 3 flows", "seconds", "", lines, "how", bars=True)


def percentiles() -> Chart:
    lines = tuple(Line(m, tuple(Point(x, x * 4 - 1 + i) for x in (0.3, 1.0, 2.0))) for i, m in enumerate(MODELS))
    return Chart("sleep-lateness", "how late", "share of ops", "ms late", lines, "how", nines=True)


def timeline() -> Timeline:
    lane = (("work", 0.0, 5.0), ("wait", 5.0, 15.0), ("ready", 15.0, 16.0), ("work", 16.0, 21.0))
    rows = tuple((m, (Lane("GET", lane), Lane("read", lane))) for m in MODELS)
    return Timeline("two_flows-timeline", "what each flow did", rows, dict.fromkeys(MODELS, 21.0), (), "how")


def svg(picture: Chart | Timeline) -> str:
    return lanes.svg(picture) if isinstance(picture, Timeline) else charts.svg(picture)


PICTURES = pytest.mark.parametrize(
    "chart", [scaling(), bars(), percentiles(), timeline()], ids=["scaling", "bars", "percentiles", "timeline"]
)
CHARTS = pytest.mark.parametrize("chart", [scaling(), bars(), percentiles()], ids=["scaling", "bars", "percentiles"])


def parse(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - our own output


def ids(text: str) -> list[str]:
    return re.findall(r'\bid="([^"]+)"', text)


@PICTURES
def test_the_same_chart_is_the_same_bytes(chart: Chart | Timeline) -> None:
    assert svg(chart) == svg(chart)


@PICTURES
def test_a_chart_is_one_well_formed_element(chart: Chart | Timeline) -> None:
    root = parse(svg(chart))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.get("viewBox")
    assert root.get("role") == "img"


@PICTURES
def test_a_chart_has_a_title_and_a_description_in_words(chart: Chart | Timeline) -> None:
    root = parse(svg(chart))
    title, description = (root.find(f"{{http://www.w3.org/2000/svg}}{name}") for name in ("title", "desc"))
    assert title is not None
    assert description is not None
    assert title.text == chart.title
    assert all(model in (description.text or "") for model in MODELS)
    assert str(root.get("aria-labelledby")).split() == [title.get("id"), description.get("id")]


@PICTURES
def test_every_id_begins_with_the_chart_s_and_is_unique(chart: Chart | Timeline) -> None:
    found = ids(svg(chart))
    assert len(found) == len(set(found))
    assert all(id_.startswith(f"{chart.id}-") for id_ in found)


def test_ids_of_two_charts_of_the_same_data_do_not_meet() -> None:
    assert not set(ids(svg(scaling("sleep-cpu")))) & set(ids(svg(scaling("sleep-throughput"))))


@PICTURES
def test_what_a_chart_refers_to_is_in_it(chart: Chart | Timeline) -> None:
    text = svg(chart)
    referred = {*re.findall(r"url\(#([^)]+)\)", text), *re.findall(r'href="#([^"]+)"', text)}
    assert referred
    assert referred <= set(ids(text))


@PICTURES
def test_ink_grid_and_paper_are_the_page_s_colours_and_nothing_is_plain_black(chart: Chart | Timeline) -> None:
    text = svg(chart)
    assert "var(--ink)" in text
    assert not [colour for colour in (INK, GRID, PAPER) if colour in text]
    assert not re.search(r"#000(000)?\b|\bblack\b|\bwhite\b|#fff(fff)?\b|rgb\(0", text)


@CHARTS
def test_text_stays_text(chart: Chart) -> None:
    text = svg(chart)
    said = "".join(parse(text).itertext())
    assert "<text" in text
    assert chart.x_label in said


@CHARTS
def test_every_model_is_named_in_the_picture_itself(chart: Chart) -> None:
    root = parse(svg(chart))
    named = {"".join(text.itertext()).strip() for text in root.iter("{http://www.w3.org/2000/svg}text")}
    assert set(MODELS) <= named


def test_a_chart_has_no_date_and_nothing_of_the_network() -> None:
    text = svg(scaling())
    assert "<metadata" not in text
    assert set(re.findall(r"https?://[^\"\s]+", text)) == {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


@pytest.mark.parametrize(
    "points",
    [
        (Point(100, 5.0),),
        (Point(1, 5.0), Point(1000, 5.0)),
        (Point(1, 1e-3, 0.9e-3, 1.1e-3), Point(1000, 1e6)),
        (Point(1, 5.0, 5.0, 5.0),),
        (Point(1, 5.0, math.nan, math.nan),),
    ],
    ids=["one point", "a flat line", "nine decades", "no width", "no interval"],
)
def test_odd_data_can_be_drawn(points: tuple[Point, ...]) -> None:
    text = svg(Chart("x-cpu", "title", "flows", "µs", (Line("thread", points),), "how"))
    assert "nan" not in re.sub(r"<desc.*?</desc>", "", text)


def test_labels_of_lines_that_end_together_do_not_overlap() -> None:
    lines = tuple(Line(m, (Point(1, 10.0), Point(1000, 10.0))) for m in MODELS)
    root = parse(svg(Chart("x-cpu", "title", "flows", "µs", lines, "how")))
    heights = []
    for text in root.iter("{http://www.w3.org/2000/svg}text"):
        if "".join(text.itertext()).strip() in MODELS:
            place = re.search(r"translate\(\S+ (\S+?)\)", text.get("transform", "")) or re.search(
                r"(\S+)", text.get("y", "")
            )
            assert place is not None
            heights.append(float(place[1]))
    heights.sort()
    assert len(heights) == len(MODELS)
    assert min(b - a for a, b in pairwise(heights)) >= 10


def test_models_differ_by_more_than_colour() -> None:
    assert len({shape.marker for shape in LOOKS.values()}) == len(LOOKS)
    assert len({shape.colour for shape in LOOKS.values()}) == len(LOOKS)
    assert look("of-tomorrow") not in LOOKS.values()


@pytest.mark.parametrize("name", ["a<b>&c", 'quo"te', r"back\dslash", r"\g<1>", "$x", r"$\nope$", "{brace}", "_under"])
@pytest.mark.parametrize("as_bars", [False, True], ids=["lines", "bars"])
def test_any_name_can_be_drawn_and_stands_as_it_is(name: str, *, as_bars: bool) -> None:
    lines = (Line(name, (Point(1, 2.0), Point(10, 3.0))),)
    root = parse(svg(Chart("x-cpu", f"title {name}", "flows", "µs", lines, "how", bars=as_bars)))
    said = ["".join(text.itertext()).strip() for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert name in said
    assert f"title {name}" in "".join(root.itertext())
