"""The name of a cell: what stands in every file says the cell, and the other way round."""

from __future__ import annotations

import pytest

from bench.words import Cell, UserError, Value, value_of

CELLS = {
    "countasync/sequential/3": Cell("countasync", "sequential", 3),
    "sleep/thread/100?ops=0": Cell("sleep", "thread", 100, (("ops", 0),)),
    "http_get/asyncio/1000?payload_bytes=65536&wait_ms=2.5": Cell(
        "http_get", "asyncio", 1000, (("payload_bytes", 65536), ("wait_ms", 2.5))
    ),
    "x/y/1?a=-1&phase=locked": Cell("x", "y", 1, (("a", -1), ("phase", "locked"))),
    "x/y/1?a=1e+20&b=1.2.3": Cell("x", "y", 1, (("a", 1e20), ("b", "1.2.3"))),
}


@pytest.mark.parametrize("name", CELLS)
def test_a_name_gives_the_cell_and_the_cell_gives_the_name(name: str) -> None:
    assert Cell.parse(name) == CELLS[name]
    assert CELLS[name].name == name


def test_parameters_are_sorted_whatever_their_order() -> None:
    assert Cell.parse("sleep/thread/1?wait_ms=5&ops=0").name == "sleep/thread/1?ops=0&wait_ms=5"


@pytest.mark.parametrize(
    ("text", "value"), [("7", 7), ("-7", -7), ("0.5", 0.5), ("1e3", 1000.0), ("locked", "locked"), ("", "")]
)
def test_a_value_is_an_int_or_else_a_float_or_else_a_word(text: str, value: Value) -> None:
    assert value_of(text) == value
    assert type(value_of(text)) is type(value)


def test_a_block_is_what_all_models_of_a_cell_share() -> None:
    names = ("sleep/thread/100?ops=0", "sleep/asyncio/100?ops=0")
    assert {Cell.parse(name).block for name in (*names, f"{names[0]}&twin=1")} == {"sleep/100?ops=0"}
    assert len({Cell.parse(name).block for name in ("sleep/thread/100", "sleep/thread/10", names[0])}) == 3


@pytest.mark.parametrize(
    "name",
    [
        "",
        "sleep",
        "sleep/thread",
        "sleep/thread/",
        "sleep/thread/0",
        "sleep/thread/-1",
        "sleep/thread/01",
        "sleep/thread/1.5",
        "sleep/thread/many",
        "sleep/thread/1/2",
        "sleep//1",
        "/thread/1",
        "sleep/thread/1?",
        "sleep/thread/1\n",
        " sleep/thread/1",
        "sle ep/thread/1",
        "../thread/1",
        "sleep/thr.ead/1",
        "<b>/thread/1",
        "sleep/thread/1#ops=0",
    ],
)
def test_what_is_no_cell_is_refused_with_an_example(name: str) -> None:
    with pytest.raises(UserError) as caught:
        Cell.parse(name)
    assert str(caught.value) == f"{name!r} is not a cell: write workload/model/flows, as in http_get/asyncio/100"


@pytest.mark.parametrize("part", ["ops", "ops=", "=1", "Ops=1", "1ops=1", "ops=1 ", "ops=a/b", "ops=1=2", "ops=<b>"])
@pytest.mark.parametrize("name", ["sleep/thread/1?{}", "sleep/thread/1?wait_ms=5&{}", "sleep/thread/1?{}&wait_ms=5"])
def test_what_is_no_parameter_is_refused_with_an_example(name: str, part: str) -> None:
    with pytest.raises(UserError) as caught:
        Cell.parse(name.format(part))
    fault = f"{part!r} in {name.format(part)!r} is not a parameter: write key=value, as in wait_ms=5"
    assert str(caught.value) == fault


@pytest.mark.parametrize("name", ["sleep/thread/1?&ops=1", "sleep/thread/1?ops=1&", "sleep/thread/1?ops=1&&a=1"])
def test_an_empty_parameter_is_refused(name: str) -> None:
    with pytest.raises(UserError, match="'' in "):
        Cell.parse(name)


@pytest.mark.parametrize(
    "name",
    [
        f"sleep/thread/{'1' * 5000}",  # ValueError of int()
        "sleep/thread/1\N{ARABIC-INDIC DIGIT ZERO}",  # becomes 10
        "sleep/thread/1?ops=1&ops=2",  # the first is dropped in silence
        "sleep/thread/1?wait_ms=nan",  # a cell that does not equal itself
    ],
    ids=lambda name: ascii(name)[:30],
)
def test_a_name_that_could_not_come_back_is_refused(name: str) -> None:
    with pytest.raises(UserError):
        Cell.parse(name)
