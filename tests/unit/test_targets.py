"""What every target promises, and what each of them compares: every fault by its text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.harness.flow import Flow
from bench.harness.ledger import Given
from bench.harness.meters import Used
from bench.targets import TARGETS, NotHereError, Target, load_target
from bench.targets.disk_file import DIRECT, DROPPED, DiskFile, Fetched
from bench.targets.file import TARGET as FILE
from bench.targets.http import TARGET as HTTP
from bench.targets.http_message import Answers
from bench.targets.http_place import HttpPlace
from bench.targets.http_referee import Seen
from bench.targets.postgres import TARGET as POSTGRES
from bench.targets.postgres import Statements
from bench.targets.postgres_referee import Committed
from bench.targets.postgres_server import Postgres
from bench.words import Fault, Ledger, UserError
from bench.worker import targets
from bench.workloads import WORKLOADS, load_workload
from tests.support.boards import MS, make_flows

OPS, SIZE = 3, 300
SEEN = Seen(1, OPS, SIZE, OPS * 10 * MS, 10 * MS, 9 * MS, 0, "tcp")
ANSWERS = Answers({0: (OPS, SIZE), 1: (OPS, SIZE)})


@pytest.fixture
def flows() -> list[Flow]:
    return make_flows(2, OPS)


def fault(call: Callable[[], None]) -> str:
    """What is found."""
    with pytest.raises(Fault) as caught:
        call()
    return str(caught.value)


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_is_one_and_has_a_name_for_sentences(name: str) -> None:
    assert isinstance(load_target(name), Target)
    assert load_target(name).title


def test_workloads_wait_only_for_targets_that_there_are() -> None:
    assert {target for name in WORKLOADS for target in load_workload(name).targets} == set(TARGETS)


@pytest.mark.parametrize(
    ("name", "place", "text"),
    [
        ("http", HttpPlace(8080, 8081, "000f3"), "8080,8081,000f3"),
        ("http", HttpPlace(8080), "8080,0,"),
        ("postgres", Postgres(Path("/its/folder")), "/its/folder"),
        ("postgres", Postgres(None), ""),  # the one that the environment names
        ("file", DiskFile(Path("/a/b:c"), DIRECT), f"{DIRECT}:/a/b:c"),
        ("file", DiskFile(Path("/a"), DROPPED), f"{DROPPED}:/a"),
    ],
)
def test_a_cell_reads_where_a_target_is_as_the_campaign_has_written_it(name: str, place: Any, text: str) -> None:
    assert load_target(name).to_text(place) == text
    assert targets.places_named(["http=1", "file=O_DIRECT:/", "postgres=", f"{name}={text}"], [name]) == {name: place}


@pytest.mark.parametrize(
    ("argument", "text"),
    [
        ("8080", "--target 8080: write NAME=WHERE; the names are http, postgres, file"),
        ("mail=25", "--target mail=25: write NAME=WHERE; the names are http, postgres, file"),
        ("file=/tmp/x", "--target file=/tmp/x: write O_DIRECT or posix_fadvise, a colon and the path"),
        ("http=1,2", "--target http=1,2: not enough values to unpack (expected 3, got 2)"),
        ("http=x", "--target http=x: invalid literal for int() with base 10: 'x'"),
    ],
)
def test_an_argument_that_makes_no_sense_is_one_line(argument: str, text: str) -> None:
    with pytest.raises(UserError) as caught:
        targets.places_named([argument], TARGETS)
    assert str(caught.value) == text


def test_what_cannot_be_had_says_why_and_may_say_what_to_do() -> None:
    assert str(NotHereError("it is not there")) == "it is not there"
    assert (str(NotHereError("no disk", "add one")), NotHereError("no disk", "add one").reason) == (
        "no disk: add one",
        "no disk",
    )


@pytest.mark.parametrize(
    ("name", "parameters", "footprint"),
    [
        ("http", {}, (100, 0)),
        ("http", {"seat": "none"}, (0, 0)),  # park's flows connect only if asked to
        ("http", {"seat": "http"}, (100, 0)),
        ("postgres", {}, (0, 100)),
        ("file", {}, (0, 0)),
    ],
)
def test_a_target_s_own_needs_count_towards_the_limits(
    name: str, parameters: dict[str, Any], footprint: tuple[int, int]
) -> None:
    assert load_target(name).footprint(100, parameters) == footprint


def test_the_server_tells_the_waits_that_it_gave_and_others_do_not_know() -> None:
    assert targets.given({"http": {1: SEEN}, "file": 4096}) == {1: Given(OPS * 10 * MS, 9 * MS)}


def test_every_target_is_asked_and_compared_with_its_own_witness(flows: list[Flow]) -> None:
    seen = {"http": {0: SEEN, 1: SEEN}, "file": 4095}
    targets.check(flows, {"http": ANSWERS}, seen)
    found = fault(lambda: targets.check(flows, {"http": ANSWERS, "file": Fetched(4096)}, seen))
    assert "the kernel fetched" in found
    assert "asks it nothing" in fault(lambda: targets.check(flows, {"file": Fetched(1)}, seen))


def test_a_file_s_referee_is_the_kernel() -> None:
    referee = FILE.referee(DiskFile(Path("/a"), DROPPED), 0)
    assert referee.seen("token", Used(read_bytes=4096)) == 4096
    assert (referee.cpu_ns(), referee.facts()) == (None, {"read_method": DROPPED})


def test_answers_can_be_read_off_the_ledgers(flows: list[Flow]) -> None:
    assert Answers.as_in([Ledger(OPS, SIZE, 7)] * 2) == ANSWERS
    HTTP.check(flows, ANSWERS, {0: SEEN, 1: SEEN})
    HTTP.check(flows, None, {})


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"requests": 2}, "the server counts answers of flow 1: 2, expected 3"),
        ({"requests": 4}, "the server counts answers of flow 1: 4, expected 3"),
        ({"bytes": 299}, "the server counts bytes of flow 1: 299, expected 300"),
        ({"connections": 2}, "the server counts connections of flow 1: 2, expected 1"),
        ({"unsent": 1}, "the server counts answers it could not send of flow 1: 1, expected 0"),
        ({"waited_ns": 29 * MS}, "the server made flow 1 wait 29.000 ms, asked for 30.000 ms"),
    ],
    ids=str,
)
def test_a_server_that_saw_other_work_is_believed(flows: list[Flow], change: dict[str, Any], text: str) -> None:
    seen = {0: SEEN, 1: replace(SEEN, **change)}
    assert fault(lambda: HTTP.check(flows, ANSWERS, seen)) == text


@pytest.mark.parametrize(("short_ns", "found"), [(1000 * OPS, False), (1000 * OPS + 1, True)])
def test_a_request_asks_in_whole_microseconds(flows: list[Flow], short_ns: int, *, found: bool) -> None:
    seen = {0: SEEN, 1: replace(SEEN, waited_ns=SEEN.waited_ns - short_ns)}
    if found:
        assert "made flow 1 wait" in fault(lambda: HTTP.check(flows, ANSWERS, seen))
    else:
        HTTP.check(flows, ANSWERS, seen)


def test_a_flow_that_the_server_did_not_see_is_named(flows: list[Flow]) -> None:
    assert fault(lambda: HTTP.check(flows, ANSWERS, {0: SEEN})) == "the server saw nothing of flow 1"


def test_a_flow_that_asks_nothing_must_not_be_seen(flows: list[Flow]) -> None:
    one = Answers({0: (OPS, SIZE)})
    HTTP.check(flows, one, {0: SEEN})
    found = fault(lambda: HTTP.check(flows, one, {0: SEEN, 1: SEEN}))
    assert found == "the server saw a flow 1 that asks it nothing"


def test_the_kernel_must_have_fetched_every_byte_and_may_have_fetched_more(flows: list[Flow]) -> None:
    FILE.check(flows, Fetched(4096), 8192)
    found = fault(lambda: FILE.check(flows, Fetched(4096), 4095))
    assert found == "the kernel fetched 4095 bytes from the disk, expected 4096: a cache answered"


@pytest.mark.parametrize(
    ("seen", "text"),
    [
        (Committed(2, 9), "PostgreSQL counts statements of all flows together: 9, expected 10"),
        (Committed(3, 10), "PostgreSQL counts connections of all flows together: 3, expected 2"),
    ],
)
def test_what_postgresql_counts_must_be_what_all_flows_have_asked(
    flows: list[Flow], seen: Committed, text: str
) -> None:
    asked = Statements(10)
    POSTGRES.check(flows, asked, Committed(2, 10))
    POSTGRES.check(flows, asked, None)  # a server of somebody else's
    assert fault(lambda: POSTGRES.check(flows, asked, seen)) == text
