"""Buckets of signed nanoseconds: how wide they are, how they add up, what can be read off them."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from bench.store.histogram import (
    BEYOND,
    bucket,
    from_text,
    histogram,
    middle,
    percentile_ns,
    pooled,
    read,
    read_with_care,
    to_text,
)

# Around every power of two, where the width of a bucket changes, and a few between.
VALUES = sorted({(1 << power) + step for power in range(41) for step in (-1, 0, 1, (1 << power) // 3)})


def edges(index: int) -> tuple[int, int]:
    """The first and the last value of a bucket, found by looking outwards from its middle."""
    first = last = int(middle(index))
    step = 1 << first.bit_length()
    while step := step >> 1:
        while first - step >= 0 and bucket(first - step) == index:
            first -= step
        while bucket(last + step) == index:
            last += step
    return first, last


@pytest.mark.parametrize("value", VALUES)
def test_a_bucket_is_at_most_a_64th_wide_and_its_middle_is_in_the_middle(value: int) -> None:
    first, last = edges(bucket(value))
    assert first <= value <= last
    assert (last - first + 1) * 64 <= first or first == last
    assert middle(bucket(value)) == (first + last) / 2


def test_buckets_follow_each_other_without_a_gap_in_the_order_of_their_values() -> None:
    indices = [bucket(value) for value in range(5000)]
    assert {after - before for before, after in pairwise(indices)} == {0, 1}
    assert sorted(VALUES, key=bucket) == VALUES


@pytest.mark.parametrize("value", [1, 63, 64, 128, 1_000_001])
def test_what_ended_early_mirrors_what_ended_late(value: int) -> None:
    assert bucket(-value) == -bucket(value)
    assert middle(bucket(-value)) == -middle(bucket(value))


def test_values_are_counted_by_bucket_from_the_earliest_to_the_latest() -> None:
    found = histogram([1000, -5, 1001, 0, 10**9, -5])
    assert list(found.items()) == [(-5, 2), (0, 1), (bucket(1000), 2), (bucket(10**9), 1)]


@pytest.mark.parametrize("values", [[], [0], [-3, -3, 7, 10**6, 10**6 + 1, 5 * 10**9]])
def test_the_text_form_gives_the_same_histogram_back(values: list[int]) -> None:
    counts = histogram(values)
    assert from_text(to_text(counts)) == counts
    assert to_text(counts).count(":") == len(counts)


def test_rounds_are_pooled_by_adding_them_up_whatever_the_order() -> None:
    one, two = [5, -70, 900, 900], [900, 5, 10**7]
    pooled = from_text(to_text(histogram(one))) + from_text(to_text(histogram(two)))
    assert pooled == Counter(histogram(one + two))
    assert from_text("5:1 7:2 5:3") == {5: 4, 7: 2}


@pytest.mark.parametrize("text", ["5", "5:", ":5", "a:1", "5:0", "5:-1", "5:1.5", "5:1,6:1", "5:1:1", "<b>"])
def test_what_is_no_histogram_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_text(text)


@pytest.mark.parametrize(
    ("q", "samples"), [(0.5, 2 * BEYOND), (0.9, 10 * BEYOND), (0.99, 100 * BEYOND), (0.999, 1000 * BEYOND)]
)
def test_a_percentile_needs_ten_samples_beyond_it(q: float, samples: int) -> None:
    assert percentile_ns({7: samples}, q) == 7
    assert percentile_ns({7: samples - 1}, q) is None


def test_a_percentile_counts_from_the_earliest_sample() -> None:
    counts = {1: 10, -20: 30, 30: 20, 0: 40}  # in the order of their values: 30 of -20, 40 of 0, 10 of 1, 20 of 30
    assert [percentile_ns(counts, q) for q in (0.1, 0.3, 0.31, 0.7, 0.75, 0.9)] == [-20, -20, 0, 0, 1, 30]


def test_a_percentile_is_the_middle_of_its_bucket() -> None:
    assert percentile_ns({bucket(1_000_000): 100}, 0.5) == middle(bucket(1_000_000))


def test_nothing_has_no_percentile() -> None:
    assert percentile_ns({}, 0.5) is None


@pytest.mark.parametrize(
    "text", ["1:2 3:4", "-5:7 0:1", "1:2  3:4", " 1:2", "1:2 1:3", "+1:2", "1_0:2", "0:9223372036854775807", ""]
)
def test_a_text_is_read_alike_whoever_wrote_it(text: str) -> None:
    """The quick way is for what we write; anything else is read part by part, and means the same."""
    assert read(text) == read_with_care(text)
    assert from_text(text) == read_with_care(text)


@pytest.mark.parametrize("text", ["99999:1", "1:0", "1:2 3:0", "1:99999999999999999999", "1:2;3:4"])
def test_what_the_quick_way_would_take_is_refused_as_well(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read(text)


def test_what_was_read_once_is_not_changed_by_those_who_add_to_it() -> None:
    mine = from_text("1:2 3:4")
    mine[1] += 5
    assert from_text("1:2 3:4") == {1: 2, 3: 4}
    assert pooled(["1:2 3:4", "3:1 9:1"]) == {1: 2, 3: 5, 9: 1}
    assert pooled([]) == {}
