"""Network work is timed between two tracepoints, on the core and in the server, where the kernel allows it; nowhere else is it asked for."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from time import monotonic_ns

import pytest

from bench.cells import not_here
from bench.harness import softirqs
from bench.harness.pin import allowed_cpus
from bench.machine import tracepoints
from bench.machine.tracepoints import Span, spans
from bench.words import Cell, UserError

CELL = Cell.parse("http_get/thread/2?softirq=1")
ALLOWED = pytest.mark.skipif(bool(softirqs.forbidden()), reason=softirqs.forbidden())
ENTRY, EXIT = 7, 8


def test_an_entry_belongs_to_the_exit_that_follows() -> None:
    samples = [(ENTRY, 5, 100), (EXIT, 5, 140), (ENTRY, 0, 200), (EXIT, 0, 230)]
    assert spans(samples, ENTRY) == [Span(5, 100, 140), Span(0, 200, 230)]


def test_what_began_before_the_first_sample_or_ended_after_the_last_is_left_out() -> None:
    assert spans([(EXIT, 5, 50), (ENTRY, 5, 100), (EXIT, 5, 140), (ENTRY, 5, 200)], ENTRY) == [Span(5, 100, 140)]


def test_only_the_cells_own_context_in_the_time_asked_for_is_on_its_account() -> None:
    noted = [Span(5, 90, 99), Span(5, 100, 140), Span(0, 150, 160), Span(6, 170, 190), Span(5, 200, 210)]
    assert softirqs.time_ns(noted, 100, 200, {5, 6}) == 40 + 20
    assert softirqs.time_ns(noted, 100, 200) == 40 + 10 + 20


def test_a_user_who_may_not_is_told_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(tracepoints, "_call", refuse)
    monkeypatch.setattr(softirqs, "configured", lambda _: "n")
    said = "softirq=1: cannot read the kernel's tracepoints irq:softirq_*: Operation not permitted; root may, outside a container"
    assert not_here(CELL) == said
    with pytest.raises(UserError, match="Operation not permitted"):
        softirqs.NetworkWork(0, [])


def test_it_is_not_asked_for_where_cpu_time_has_no_network_work_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(softirqs, "configured", lambda _: "y")
    assert "CONFIG_IRQ_TIME_ACCOUNTING" in not_here(CELL)
    assert not_here(Cell.parse("http_get/thread/2")) == ""


def test_it_is_timed_on_one_core_only() -> None:
    assert (
        not_here(Cell.parse("http_get/thread/2?pin=0&softirq=1"))
        == "softirq=1: it is timed on one core, so pin must be 1"
    )


def over_loopback(messages: int) -> None:
    """Send messages to ourselves over TCP."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as one,
        listener.accept()[0] as other,
    ):
        for _ in range(messages):
            one.send(b"message")
            other.recv(100)


def over_unix(messages: int) -> None:
    """Send messages to ourselves over a Unix socket."""
    one, other = socket.socketpair()
    with one, other:
        for _ in range(messages):
            one.send(b"message")
            other.recv(100)


@pytest.fixture
def on_one_core() -> Iterator[int]:
    """Run on the last of our cores."""
    before = os.sched_getaffinity(0)
    cpu = allowed_cpus()[-1]
    os.sched_setaffinity(0, {cpu})
    yield cpu
    os.sched_setaffinity(0, before)


@ALLOWED
def test_each_message_over_loopback_is_received_in_the_senders_context_and_none_over_a_unix_socket(
    on_one_core: int,
) -> None:
    received = {}
    for send in (over_loopback, over_unix):
        with softirqs.NetworkWork(on_one_core, [os.getpid()]) as work:
            began_ns = monotonic_ns()
            send(200)
            ended_ns = monotonic_ns()
            work.stop()
        assert work.core is not None
        assert work.servers is not None
        own = [span for span in work.core if span.process == os.getpid() and began_ns <= span.began_ns < ended_ns]
        received[send] = (len(own), len([span for span in work.servers if span.began_ns >= began_ns]))
        assert softirqs.time_ns(work.core, began_ns, ended_ns, {os.getpid()}) <= ended_ns - began_ns
    of_core, of_process = received[over_loopback]
    assert of_core == of_process >= 200
    assert received[over_unix][0] < 20  # what else came to this machine meanwhile


@ALLOWED
def test_where_the_buffer_is_too_small_nothing_is_told(on_one_core: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracepoints, "ROOM", 4096)
    with softirqs.NetworkWork(on_one_core, []) as work:
        over_loopback(500)
        work.stop()
    assert work.core is None


@ALLOWED
def test_nothing_is_mounted_for_it_and_nothing_left_open(on_one_core: int) -> None:
    mounts, files = Path("/proc/self/mounts").read_text(), len(list(Path("/proc/self/fd").iterdir()))
    with softirqs.NetworkWork(on_one_core, [os.getpid()]) as work:
        assert Path("/proc/self/mounts").read_text() == mounts
        work.stop()
    assert len(list(Path("/proc/self/fd").iterdir())) == files
