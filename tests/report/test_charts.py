"""Charts: the same bytes for the same data, fit for a page that has several of them, light or dark."""

from __future__ import annotations

import math
import re
from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bench import report as charts_of_report
from bench.report.document import Chart, Dots, Lane, Line, Picture, Point, Row, Stack, Timeline
from bench.report.draw import draw, drawn
from bench.report.draw.palette import LOOKS, PAPERS, RUNS, look
from bench.report.draw.stack import COLOURS
from bench.report.draw.svg import NARROW, WIDE, width_of

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


def dots() -> Dots:
    rows = tuple(Row(m, m, (Point(0.3 + i, 0, 0.2 + i, 0.4 + i),), "+30 %") for i, m in enumerate(MODELS))
    groups = (("100 timers", rows), ("1,000 timers", rows))
    return Dots("answer-cpu", "CPU per wait", "CPU", groups, "how", reference="threads")


def late() -> Dots:
    rows = tuple(Row(m, m, (Point(0.1, 0), Point(148.0, 0)), "148 ms") for m in MODELS)
    return Dots("late", "how late", "ms", (("", rows),), "how", ("half", "99 of 100"), ((50.0, "burn 50 ms"),))


def stack() -> Stack:
    rows = tuple((m, "45 kB", (20.0, 5.0, 15.0, 5.0)) for m in MODELS)
    parts = ("user pages", "page tables", "kernel stacks", "slab")
    return Stack("memory-parts", "what it is made of", "share", parts, rows, parts[1:], "not in RSS", "how")


def svg(picture: Picture, width: int = WIDE) -> str:
    return drawn(picture, width)


ALL = {
    "scaling": scaling(),
    "bars": bars(),
    "percentiles": percentiles(),
    "timeline": timeline(),
    "dots": dots(),
    "late": late(),
    "stack": stack(),
}
PICTURES = pytest.mark.parametrize("chart", ALL.values(), ids=list(ALL))
CHARTS = pytest.mark.parametrize("chart", [scaling(), bars(), percentiles()], ids=["scaling", "bars", "percentiles"])


def parse(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - our own output


def ids(text: str) -> list[str]:
    return re.findall(r'\bid="([^"]+)"', text)


@PICTURES
def test_the_same_chart_is_the_same_bytes(chart: Picture) -> None:
    assert svg(chart) == svg(chart)


@PICTURES
def test_a_chart_is_one_well_formed_element(chart: Picture) -> None:
    root = parse(svg(chart))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.get("viewBox")
    assert root.get("role") == "img"


@PICTURES
def test_a_chart_has_a_title_and_a_description_in_words(chart: Picture) -> None:
    root = parse(svg(chart))
    title, description = (root.find(f"{{http://www.w3.org/2000/svg}}{name}") for name in ("title", "desc"))
    assert title is not None
    assert description is not None
    assert title.text == chart.title
    assert all(model in (description.text or "") for model in MODELS)
    assert str(root.get("aria-labelledby")).split() == [title.get("id"), description.get("id")]


@PICTURES
def test_every_id_begins_with_the_chart_s_and_is_unique(chart: Picture) -> None:
    found = ids(svg(chart))
    assert len(found) == len(set(found))
    assert all(id_.startswith(f"{chart.id}-") for id_ in found)


def test_ids_of_two_charts_of_the_same_data_do_not_meet() -> None:
    assert not set(ids(svg(scaling("sleep-cpu")))) & set(ids(svg(scaling("sleep-throughput"))))


@PICTURES
def test_what_a_chart_refers_to_is_in_it(chart: Picture) -> None:
    text = svg(chart)
    referred = {*re.findall(r"url\(#([^)]+)\)", text), *re.findall(r'href="#([^"]+)"', text)}
    assert referred <= set(ids(text))
    assert referred or not isinstance(chart, Stack | Timeline)


@PICTURES
def test_the_wide_and_the_narrow_drawing_of_a_picture_can_stand_in_one_page(chart: Picture) -> None:
    found = ids(draw(chart))
    assert len(found) == len(set(found))
    assert draw(chart).count("<svg ") == 2


@PICTURES
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_every_colour_stands_out_from_both_papers(chart: Picture, width: int) -> None:
    text = svg(chart, width)
    assert re.findall(r"var\(--(?:ink|grid|paper)\)", text)
    colours = set(re.findall(r"#[0-9a-f]{6}\b", text))
    assert colours
    assert {(c, p): contrast(c, p) for c in colours for p in PAPERS if contrast(c, p) < 3} == {}
    assert not re.search(r"\bblack\b|\bwhite\b|rgb\(0", text)


@pytest.mark.parametrize(
    "colour", sorted({*(shape.colour for shape in (*LOOKS.values(), *RUNS, look("other"))), *COLOURS} - {"var(--ink)"})
)
def test_every_colour_of_the_palette_stands_out_from_both_papers(colour: str) -> None:
    assert min(contrast(colour, paper) for paper in PAPERS) >= 3


def test_the_papers_are_those_of_the_style_sheet() -> None:
    style = (Path(charts_of_report.__file__).parent / "static" / "style.css").read_text()
    assert re.findall(r"--paper: (#\w+)", style) == list(PAPERS)


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, as WCAG 2.2 defines it."""
    low, high = sorted(luminance(colour) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@PICTURES
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_no_label_crosses_a_line_or_another_label_and_none_is_small_or_cut(chart: Picture, width: int) -> None:
    root = parse(svg(chart, width))
    boxes = [box for text in root.iter(f"{NS}text") if (box := box_of(text))]
    strokes = [stroke for stroke in root.iter() if stroke.tag in {f"{NS}line", f"{NS}polyline"}]
    crossed = [
        (words, a, b)
        for words, box in boxes
        for stroke in strokes
        for a, b in pairwise(points_of(stroke))
        if crosses(box, a, b)
    ]
    assert crossed == []
    met = [(one, other) for (one, a), (other, b) in combinations(boxes, 2) if overlap(a, b)]
    assert met == []
    assert [words for words, (x1, _, x2, _) in boxes if x1 < -1 or x2 > width + 1] == []
    assert min(float(text.get("font-size", "0")) for text in root.iter(f"{NS}text")) >= 11


Box = tuple[float, float, float, float]
NS = "{http://www.w3.org/2000/svg}"


def box_of(text: ET.Element) -> tuple[str, Box] | None:
    """A text and the box of its letters: left, top, right, bottom."""
    words, size = "".join(text.itertext()), float(text.get("font-size", "0"))
    x, y, wide = float(text.get("x", "0")), float(text.get("y", "0")), 0.9 * width_of(words, size)
    left = {"end": x - wide, "middle": x - wide / 2}.get(text.get("text-anchor", ""), x)
    return (words, (left, y - 0.72 * size, left + wide, y + 0.1 * size)) if words else None


def points_of(stroke: ET.Element) -> list[tuple[float, float]]:
    if stroke.tag == f"{NS}line":
        return [(float(stroke.get(f"x{i}", "0")), float(stroke.get(f"y{i}", "0"))) for i in (1, 2)]
    pairs = (pair.split(",") for pair in stroke.get("points", "").split())
    return [(float(x), float(y)) for x, y in pairs]


def crosses(box: Box, a: tuple[float, float], b: tuple[float, float]) -> bool:
    """Does a piece of a line come into a box? Looked at in two hundred places."""
    steps = ((a[0] + (b[0] - a[0]) * i / 200, a[1] + (b[1] - a[1]) * i / 200) for i in range(201))
    return any(box[0] < x < box[2] and box[1] < y < box[3] for x, y in steps)


def overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def test_a_label_on_a_line_would_be_seen() -> None:
    assert crosses((0, 0, 10, 10), (-5, 5), (20, 5))
    assert not crosses((0, 0, 10, 10), (-5, 15), (20, 15))
    assert overlap((0, 0, 10, 10), (5, 5, 20, 20))


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
    assert set(re.findall(r"https?://[^\"\s]+", text)) == {"http://www.w3.org/2000/svg"}


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
