"""http_get with each of its parameters does the work that its default does, and its time limits are kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bench.cells import not_here
from bench.models import MODELS, load_model
from bench.targets import load_target
from bench.words import Cell
from bench.workloads import http_get
from tests.contract.test_ledger import BODIES, FEW, LAST_OP, Cut, cell, cut_body, source
from tests.contract.test_ledger import copy as copy  # noqa: PLC0414 - a fixture

VARIANTS = (
    "api=raw",
    "keepalive=0",
    "timeout_s=1",
    "api=raw&keepalive=0",
    "api=raw&payload_bytes=300000",
    "api=raw&keepalive=0&timeout_s=1",
    "transport=unix",
    "congestion=reno",
    "api=raw&transport=unix",
    "keepalive=0&transport=unix",
    "congestion=reno&keepalive=0&timeout_s=1",
)
HERE = [model for model in MODELS if not not_here(Cell("http_get", model, 2, (("api", "raw"),)))]
KEEPALIVE = "connections = 1 if order.parameters"


@pytest.fixture(scope="module")
def served() -> Iterator[list[str]]:
    """Where one server for all of these cells is, as a cell's command line says it."""
    http = load_target("http")
    with http.start(None, None) as one:
        yield [f"http={http.to_text(one.place)}"]


EVERY = [(variant, model) for variant in VARIANTS for model in HERE if model in FEW or variant == VARIANTS[0]]


@pytest.mark.parametrize(("variant", "model"), EVERY)
def test_every_variant_does_the_work_under_every_kind_of_model(variant: str, model: str, served: list[str]) -> None:
    if reason := not_here(Cell.parse(f"http_get/{model}/2?{'&'.join(sorted(variant.split('&')))}")):
        pytest.skip(reason)
    done = cell(f"http_get/{model}/2?{variant}", targets=served)
    assert (done.returncode, done.stdout) == (0, '{"void": null}\n'), done.stderr


@pytest.mark.parametrize("model", [model for model in HERE if model in FEW])  # a limit is the body's
@pytest.mark.parametrize("variant", ["timeout_s=0.02", "api=raw&timeout_s=0.02", "keepalive=0&timeout_s=0.02"])
def test_an_op_that_takes_longer_than_its_limit_voids_the_cell(variant: str, model: str, copy: Path) -> None:
    path = copy / "bench" / "cells.py"
    path.write_text(path.read_text().replace("SMALL_WAIT_MS = 2, 2, 10", "SMALL_WAIT_MS = 2, 2, 1000"))
    done = cell(f"http_get/{model}/2?phase=locked&wait=constant&wait_ms=1000&{variant}", copy)
    assert done.returncode == 1, done.stdout
    assert "TimeoutError" in done.stdout


@pytest.mark.parametrize("body", BODIES)
def test_a_variant_that_is_cut_short_is_caught(body: str, copy: Path) -> None:
    cut = Cut("http_get", body, *LAST_OP)
    path = source(copy, cut)  # the one for trio always asks in the way that is wanted
    path.write_text(cut_body(path.read_text(), cut if body == "trio" else replace(cut, body=f"varied_{body}")))
    for model in HERE:
        if body == load_model(model).body:
            done = cell(f"http_get/{model}/2?api=raw", copy)
            assert (done.returncode, LAST_OP[2] in done.stdout) == (1, True), done.stdout


def test_connections_that_are_not_made_anew_are_caught(copy: Path) -> None:
    path = copy / "bench" / "workloads" / "http_get.py"
    text = path.read_text()
    assert KEEPALIVE in text
    path.write_text(text.replace(KEEPALIVE, "connections = 1 if not order.parameters"))
    done = cell("http_get/thread/2?keepalive=0", copy)
    assert "the server counts connections of flow 0: 2, expected 1" in done.stdout


@pytest.mark.parametrize("model", [model for model in HERE if load_model(model).kind != "none"])
def test_an_echo_over_a_unix_socket_does_the_work(model: str, served: list[str]) -> None:
    if reason := not_here(Cell.parse(f"echo/{model}/2?transport=unix")):
        pytest.skip(reason)
    done = cell(f"echo/{model}/2?transport=unix", targets=served)
    assert (done.returncode, done.stdout) == (0, '{"void": null}\n'), done.stderr


@pytest.mark.parametrize(
    ("way", "over", "other"),
    [("transport=unix", "unix", "tcp"), ("congestion=reno", "reno", "tcp"), ("", "tcp", "unix")],
)
def test_flows_that_come_over_another_transport_than_asked_are_caught(
    way: str, over: str, other: str, copy: Path
) -> None:
    path = copy / "bench" / "targets" / "http_place.py"
    text = path.read_text()
    assert "    over = over_what(parameters)\n" in text
    path.write_text(text.replace("    over = over_what(parameters)\n", f"    over = {other!r}\n"))
    done = cell(f"http_get/thread/2?{way}".rstrip("?"), copy)
    assert f"the server counts the transport of flow 0: {other}, expected {over}" in done.stdout


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("transport=smoke", "transport=smoke: it is tcp or unix"),
        ("congestion=vegas", "congestion=vegas: it is system or reno"),
        ("congestion=reno&transport=unix", "congestion=reno is about TCP: a Unix socket has none"),
    ],
)
def test_a_way_to_connect_that_does_not_exist_is_refused(query: str, reason: str) -> None:
    assert not_here(Cell.parse(f"http_get/thread/2?{query}")) == reason


def test_the_floor_knows_the_usual_way_to_connect_only() -> None:
    for query in ("transport=unix", "congestion=reno"):
        assert "the program in C" in not_here(Cell.parse(f"http_get/native_thread/2?{query}"))


def test_a_way_that_does_not_exist_is_refused() -> None:
    done = cell("http_get/thread/2?api=cooked")
    assert (done.returncode, "it is streams or raw" in done.stderr) == (2, True)


def test_the_default_is_the_way_that_needs_no_choice() -> None:
    assert tuple(http_get.WORKLOAD.parameters[key] for key in ("api", "keepalive", "timeout_s")) == http_get.DEFAULT_WAY
