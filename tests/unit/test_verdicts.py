"""Verdicts: a ratio with its interval in words, or that no difference was shown."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest

from bench.analysis.frames import frame
from bench.analysis.statistics import Estimate
from bench.analysis.verdicts import Verdict, verdicts
from bench.store.records import Record
from tests.support.records import rounds_of

WOBBLE = (0.99, 1.01, 1.0, 0.98, 1.02, 1.0, 0.995, 1.005)
MODELS = ["sequential", "thread", "asyncio"]


def verdict(value: float, low: float, high: float, rounds: int = 10, figure: str = "D") -> Verdict:
    return Verdict("http_get/100", "http_get", 100, figure, "asyncio", "thread", Estimate(value, low, high, rounds))


def two(thread_s: float, asyncio_s: float, rounds: int = 8) -> list[Record]:
    """Two models in a block, the one wobbling against the other."""
    wobble = WOBBLE[:rounds]
    return rounds_of("sleep/thread/100", [thread_s] * rounds) + rounds_of(
        "sleep/asyncio/100", [asyncio_s * w for w in wobble]
    )


def judge(records: list[Record], figure: str = "T") -> Verdict:
    (found,) = verdicts(frame(records), MODELS, [figure])
    return found


def test_models_are_different_where_the_interval_leaves_out_one() -> None:
    found = judge(two(0.5, 0.6))
    assert found.different
    assert found.ratio.value == pytest.approx(1.2, abs=0.01)


def test_no_difference_is_shown_where_the_interval_holds_one() -> None:
    found = judge(two(0.5, 0.5))
    assert not found.different
    assert "no difference" in found.words


def test_too_few_rounds_do_not_judge_however_large_the_ratio() -> None:
    found = judge(two(0.5, 5.0, rounds=5))
    assert not found.different
    assert re.search(r"too few rounds.*5", found.words)


@pytest.mark.parametrize(("low", "high"), [(1.0, 1.2), (0.8, 1.0)])
def test_an_interval_that_ends_at_one_shows_no_difference(low: float, high: float) -> None:
    assert not verdict((low + high) / 2, low, high).different


@pytest.mark.parametrize(
    ("value", "low", "high", "said"),
    [
        (2.50, 2.40, 2.60, ["2.50 times", "2.40", "2.60"]),
        (0.40, 0.35, 0.45, ["0.40 times", "0.35", "0.45"]),
        (1.062, 1.041, 1.083, ["6.2 % more", "1.041", "1.083"]),
        (0.938, 0.917, 0.959, ["6.2 % less", "0.917", "0.959"]),
    ],
)
def test_a_difference_is_put_with_its_direction_its_size_and_its_interval(
    value: float, low: float, high: float, said: list[str]
) -> None:
    words = verdict(value, low, high).words
    assert all(part in words for part in said), words
    assert words.index("asyncio") < words.index("thread")  # the model, then what it is compared with
    assert "CPU per op" in words


def test_no_difference_is_put_with_the_ends_that_are_still_possible() -> None:
    words = verdict(1.0, 0.93, 1.02).words
    assert "the ratio is 0.930 to 1.020 (95 % interval)" in words
    assert "±" not in words
    assert "noise floor" not in words  # nothing is known of one


def test_what_is_hardly_known_is_not_at_most_anything() -> None:
    words = verdict(0.7, 0.16, 2.23).words
    assert "may be 0.16 to 2.23" in words
    assert "±" not in words


def test_a_floor_that_is_wide_is_not_taken_for_an_interval_that_is() -> None:
    assert "within the noise floor of 60.0 %" in replace(verdict(1.0, 0.98, 1.02), floor=1.6).words


def test_a_verdict_names_its_figure_its_place_and_its_rounds() -> None:
    found = verdict(2.0, 1.9, 2.1, rounds=12, figure="T")
    assert "time" in found.words
    assert all(part in found.sentence for part in ("http_get", "100 flows", "12 rounds", found.words))


@pytest.mark.parametrize("words", [verdict(2.0, 1.9, 2.1), verdict(1.0, 0.9, 1.1), verdict(2.0, math.nan, math.nan, 5)])
def test_a_sentence_is_one_line_without_a_nan(words: Verdict) -> None:
    assert "\n" not in words.sentence
    assert "nan" not in words.sentence


def test_one_flow_is_not_put_in_the_plural() -> None:
    found = Verdict("sleep/1", "sleep", 1, "T", "asyncio", "thread", Estimate(1.0, 0.9, 1.1, 8))
    assert "1 flow" in found.place
    assert "flows" not in found.place


def test_every_pair_of_a_block_is_compared_once_with_the_earlier_model_as_reference() -> None:
    records = [r for m in MODELS for r in rounds_of(f"sleep/{m}/10", [0.5] * 6)]
    pairs = [(v.figure, v.reference, v.model) for v in verdicts(frame(records), MODELS)]
    assert sorted(pairs) == sorted(
        (figure, *pair)
        for figure in ("D", "T")
        for pair in (("sequential", "thread"), ("sequential", "asyncio"), ("thread", "asyncio"))
    )


def test_null_cells_are_not_compared() -> None:
    records = [r for m in MODELS for r in rounds_of(f"sleep/{m}/10?ops=0", [0.001] * 6)]
    assert verdicts(frame(records), MODELS) == []


def test_blocks_of_other_parameters_are_compared_apart() -> None:
    records = [
        r for s in ("", "?pin=0") for m in ("thread", "asyncio") for r in rounds_of(f"sleep/{m}/10{s}", [0.5] * 6)
    ]
    assert {v.block for v in verdicts(frame(records), MODELS)} == {"sleep/10", "sleep/10?pin=0"}


def test_no_records_give_no_verdicts() -> None:
    assert verdicts(frame([]), MODELS) == []


def test_what_only_the_number_of_ratios_leaves_open_is_said_to_be() -> None:
    """Six rounds that all say twice as much: p is 1/32, which is too much for one of forty that are all equal else."""
    records = two(0.5, 1.0, rounds=6)
    for n in range(2, 40):
        records += rounds_of(f"sleep/thread/{n}", [0.5, 0.51, 0.49, 0.5, 0.51, 0.49])
        records += rounds_of(f"sleep/asyncio/{n}", [0.5, 0.49, 0.51, 0.51, 0.5, 0.49])
    (found,) = (v for v in verdicts(frame(records), ["thread", "asyncio"], ("T",)) if v.ratio.value > 1.5)
    assert not found.different
    assert found.too_few_among_many
    assert found.words.startswith(
        "no difference shown in time between asyncio and thread: all 6 rounds point to 2.000 times"
    )
    assert found.words.endswith("too few for one among so many ratios")
    alone = judge(two(0.5, 1.0, rounds=6))
    assert alone.different
    assert not alone.too_few_among_many


def test_a_difference_in_time_is_told_for_each_op_of_a_flow_too() -> None:
    assert "needs 5.0 % more time than thread, 1.25 ms an op of a flow (95 %" in judge(two(0.5, 0.525)).words  # 20 ops
    assert "an op of a flow" not in judge(two(0.5, 0.5), "D").words


@pytest.mark.parametrize(
    ("asyncio_s", "different"),
    [
        (0.485, False),
        (0.475, True),
        (0.515, True),  # it waits less, and takes longer all the same
    ],
)
def test_a_model_that_is_early_is_faster_only_by_more_than_its_timers_make(
    asyncio_s: float, *, different: bool
) -> None:
    """Twenty ops, each up to 1 ms early, are 4 % of half a second."""
    records = two(0.5, asyncio_s)
    steady = [0.999, 1.001, 1.0, 0.9995, 1.0005, 1.0, 1.0, 1.0]
    early = rounds_of("sleep/asyncio/100", [asyncio_s * w for w in steady], early_ops=100)
    punctual = rounds_of("sleep/asyncio/100", [asyncio_s * w for w in steady])
    assert judge([*records[:8], *punctual]).different
    found = judge([*records[:8], *early])
    assert found.different is different
    if not different:
        assert found.words.startswith("no difference claimed in time between asyncio and thread: the ratio is 0.970 (")
        assert found.words.endswith("but timers of asyncio end up to 1 ms early")
    assert judge([*records[:8], *early], "D").early == ()


def test_timers_are_named_only_where_they_decide() -> None:
    found = replace(verdict(0.8, 0.7, 0.95, figure="T"), early=("asyncio",), timers=1.1, floor=1.3)
    assert not found.different
    assert "timers" not in found.words
    assert "timers" in replace(found, timers=1.3).words


def gates(workload: str, thread_s: float, asyncio_s: float) -> list[Record]:
    return [
        *rounds_of(f"{workload}/thread/100?ops=0", [thread_s] * 3),
        *rounds_of(f"{workload}/asyncio/100?ops=0", [asyncio_s] * 3),
    ]


def test_what_of_a_difference_in_time_is_the_gates_is_said() -> None:
    """Of 25 ms, 20 are what it takes longer to start a hundred at once."""
    found = judge([*two(0.5, 0.525), *gates("sleep", 0.001, 0.021)])
    assert found.by_gate
    assert found.words.endswith(
        "; leaving the gate, with no op, takes it 20 ms longer, of 25 ms in all: that is for starting so many at once, not for their ops"
    )
    elsewhere = judge([*two(0.5, 0.525), *gates("http_get", 0.001, 0.021)])
    assert elsewhere.gate_s == pytest.approx(0.020)
    both = judge([*two(0.5, 0.525), *gates("http_get", 0.001, 0.021), *gates("sleep", 0.001, 0.003)])
    assert both.gate_s == pytest.approx(0.002)  # its own comes first


@pytest.mark.parametrize(("thread_s", "asyncio_s"), [(0.001, 0.013), (0.021, 0.001), (0.001, 0.001)])
def test_a_gate_that_is_not_most_of_it_is_not_spoken_of(thread_s: float, asyncio_s: float) -> None:
    found = judge([*two(0.5, 0.525), *gates("sleep", thread_s, asyncio_s)])
    assert not found.by_gate
    assert "gate" not in found.words


def test_a_block_with_parameters_says_so() -> None:
    found = replace(verdict(1.5, 1.4, 1.6), block="http_get/100?api=raw&heap=trimmed")
    assert found.place == "http_get at 100 flows with api=raw, heap=trimmed"


def test_a_gate_that_is_more_than_all_of_it_is_said_to_be() -> None:
    found = judge([*two(0.5, 0.525), *gates("sleep", 0.001, 0.031)])
    assert "takes it 30 ms longer, which is all of it and more: that is for starting" in found.words
