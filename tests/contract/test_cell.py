"""One real cell of each kind: what it leaves behind is whole, true, and says nothing about who ran it where."""

from __future__ import annotations

import getpass
import json
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

import pyperf
import pytest

from bench.cells import not_here
from bench.harness import awake, softirqs
from bench.harness.pin import allowed_cpus
from bench.models import MODELS, load_model
from bench.store import records
from bench.words import Cell
from bench.workloads import load_workload

ROOT = Path(__file__).resolve().parents[2]
HERE = [m for m in MODELS if not not_here(Cell("http_get", m, 2))]
# Where a flow, or the worker that runs it, is a task of the kernel's: how many others there are.
# The executor's manager and feeder; multiprocessing's tracker of resources; the fork server.
A_TASK_EACH = {
    "thread": 1,
    "thread_pool": 1,
    "process": 1,
    "process_pool": 1 + 2,
    "process_forkserver": 1 + 2,
    "process_spawn": 1 + 1,
    "subinterpreter": 1,
    "native_thread": 1,
}
FLOWS, OPS = 4, 3
WHOLE = (
    *("workload", "model", "kind", "flows", "ops_per_flow", "wait_s"),
    *("phase", "payload_bytes", "ops_done", "bytes_done", "checksum", "cpu_s"),
    *("wait_given_s", "wait_longest_s", "switches_voluntary", "switches_involuntary", "page_faults", "gc_collections"),
    *("gc_s", "gc_cpu_s", "early_ops", "late_max_s", "late_samples", "late_histogram", "kernel_tasks"),
    *("cpu_pinned", "cpus_seen", "server_busy", "strangers", "wait_asked_s", "timer_slack_ns", "round", "attempt"),
    *("seed", "pin", "awake", "softirq", "twin", "schema", "switch_interval_s", "turn_ns"),
)
GATED = ["create_s", "release_s", "join_s"]
IF_LONG = ["cpu_user_s", "cpu_system_s"]  # from half a second of CPU on
PERCENTILES = ["late_p50_s", "late_p90_s", "late_p99_s", "late_p999_s"]  # with ten samples beyond


def those_that_can(workload: str) -> list[str]:
    """The models here that run a workload."""
    return [m for m in MODELS if not not_here(Cell(workload, m, load_workload(workload).flows[0]))]


def measure(name: str, record: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one cell; once or twice more where it says that another try may help, as a campaign does."""
    for _ in range(2):
        done = tried(name, record, *arguments)
        if '"lost": true' not in done.stdout:
            return done
    return tried(name, record, *arguments)


def tried(name: str, record: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one cell."""
    return subprocess.run(
        [sys.executable, "-m", "bench.worker.main", name, "--record", str(record), *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("model", HERE)
def test_a_record_has_every_figure_and_what_it_says_of_the_work_is_true(model: str, tmp_path: Path) -> None:
    path, cpu = tmp_path / "record.json", allowed_cpus()[-1]
    name = f"http_get/{model}/{FLOWS}?ops={OPS}"
    done = measure(name, path, "--cpu", str(cpu), "--round", "7", "--attempt", "2", "--seed", "3")
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, ['{"void": null}']), done.stderr
    record = records.read(path)
    m = record.metadata
    assert [key for key in [*WHOLE, *(GATED if model != "sequential" else [])] if key not in m] == []
    assert [key for key in [*IF_LONG, *PERCENTILES] if key in m] == []
    assert (record.cell.name, record.round, record.attempt, m["seed"]) == (name, 7, 2, 3)
    assert (m["ops_done"], m["bytes_done"], m["payload_bytes"]) == (FLOWS * OPS, FLOWS * OPS * 1024, 1024)
    assert m["late_samples"] == FLOWS * (OPS - 1)  # of a flow's first wait only a part is left
    assert (m["cpu_pinned"], m["cpus_seen"]) == (cpu, str(cpu))
    assert m["kernel_tasks"] == (FLOWS + A_TASK_EACH[model] if model in A_TASK_EACH else 1)
    assert 0 < float(m["wait_given_s"]) <= 1.5 * float(m["wait_s"])
    assert record.value_s >= float(m["wait_longest_s"]) * 0.95
    benchmark = pyperf.Benchmark.load(str(path))
    assert benchmark.get_name() == f"{name}&per=op&wait=drawn"
    assert benchmark.get_values() == (record.value_s / (FLOWS * OPS),)
    assert record.value_s * 1e9 == pytest.approx(round(record.value_s * 1e9), abs=1e-3)  # whole ns: nothing was lost


@pytest.mark.skipif(bool(awake.forbidden()), reason=awake.forbidden())
@pytest.mark.parametrize("value", [1, 0])
def test_the_kernel_is_asked_to_keep_cores_awake_while_such_a_cell_runs(value: int, tmp_path: Path) -> None:
    name = f"sleep/thread/2?awake={value}&ops=50"
    seen = set()
    with subprocess.Popen(
        [sys.executable, "-m", "bench.worker.main", name, "--record", str(tmp_path / "record.json")],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    ) as process:
        while process.poll() is None:
            with awake.DEVICE.open("rb", buffering=0) as device:
                seen.add(struct.unpack("i", device.read(4))[0])  # what the kernel keeps to, us
            time.sleep(0.02)
    assert process.returncode == 0
    assert (0 in seen) == bool(value)
    assert records.read(tmp_path / "record.json").metadata["awake"] == value


@pytest.mark.skipif(bool(softirqs.forbidden()), reason=softirqs.forbidden())
@pytest.mark.parametrize("model", [m for m in ("thread", "process", "asyncio") if m in HERE])
def test_network_work_is_told_of_both_ends_over_tcp_and_there_is_none_over_a_unix_socket(
    model: str, tmp_path: Path
) -> None:
    received = {}
    for transport in ("tcp", "unix"):
        path = tmp_path / "record.json"
        assert measure(f"http_get/{model}/10?ops=20&softirq=1&transport={transport}", path).returncode == 0
        m = records.read(path).metadata
        received[transport] = [float(m[f"received_{where}_s"]) for where in ("here", "there")]
        assert received[transport][0] < float(m["cpu_s"])
    assert min(received["tcp"]) > 10 * max(received["unix"])


@pytest.mark.parametrize("model", HERE)
def test_ten_samples_beyond_a_percentile_are_enough_for_it(model: str, tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    assert measure(f"sleep/{model}/4?ops=6&wait_ms=1", path).returncode == 0
    assert [key for key in PERCENTILES if key in records.read(path).metadata] == ["late_p50_s"]


def test_every_op_is_in_the_histogram(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    assert measure("sleep/thread/4?ops=6&wait_ms=1", path).returncode == 0
    m = records.read(path).metadata
    counted = sum(int(part.rpartition(":")[2]) for part in str(m["late_histogram"]).split())
    assert counted == m["late_samples"] == 4 * 5


def switches_per_op(name: str, folder: Path) -> float:
    """Switches by the kernel, of either kind, per op of a cell."""
    assert measure(name, folder / "record.json").returncode == 0
    m = records.read(folder / "record.json").metadata
    return (float(m["switches_voluntary"]) + float(m["switches_involuntary"])) / float(m["ops_done"])


@pytest.mark.parametrize("model", those_that_can("handoff"))
def test_a_hand_over_is_a_switch_by_the_kernel_where_the_kernel_schedules_and_only_there(
    model: str, tmp_path: Path
) -> None:
    per_op = switches_per_op(f"handoff/{model}/2?ops=500", tmp_path)
    if model in A_TASK_EACH:
        assert per_op >= 1
    else:
        assert per_op < 0.05


@pytest.mark.parametrize("model", those_that_can("lock"))
def test_a_lock_that_nobody_else_wants_needs_no_switch(model: str, tmp_path: Path) -> None:
    assert switches_per_op(f"lock/{model}/1?ops=2000", tmp_path) < 0.05


@pytest.mark.parametrize("model", [m for m in those_that_can("queue") if load_model(m).kind == "user"])
def test_a_queue_between_coroutines_needs_no_switch(model: str, tmp_path: Path) -> None:
    assert switches_per_op(f"queue/{model}/2?ops=500", tmp_path) < 0.05


@pytest.mark.parametrize("model", [m for m in HERE if m in {"thread_pool", "process_pool"}])
def test_more_flows_than_workers_run_in_waves_and_all_of_their_cpu_is_counted(model: str, tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    assert measure(f"io_share/{model}/10?pool=3&ops=5&burn_pct=20&phase=locked", path).returncode == 0
    record = records.read(path)
    m = record.metadata
    assert record.value_s >= 4 * 5 * 0.010  # ceil(10 / 3) waves of five ops
    assert 10 * 5 * 0.002 <= float(m["cpu_s"]) <= 2 * 10 * 5 * 0.002  # neither left out nor twice
    assert (m["at_once"], "release_s" in m) == (3, False)


@pytest.mark.parametrize("model", [m for m in HERE if m in {"thread_pool", "process_pool"}])
def test_a_thousand_flows_can_be_handed_to_a_pool(model: str, tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    assert measure(f"http_get/{model}/1000?ops=2&wait_ms=1", path).returncode == 0
    assert records.read(path).metadata["ops_done"] == 2000


def test_asyncio_receives_into_memory_that_the_heap_has(tmp_path: Path) -> None:
    """Where it has none, each receive maps 256 KiB afresh and faults: what the heap has may not hang on our imports."""
    assert measure("http_get/asyncio/10", tmp_path / "record.json").returncode == 0
    m = records.read(tmp_path / "record.json").metadata
    assert float(m["page_faults"]) < float(m["ops_done"]) / 2


def test_a_record_names_no_host_user_or_path(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    assert measure("sleep/thread/2?ops=2", path, "--host-label", "a-host").returncode == 0
    text = path.read_text()
    assert json.loads(text)["metadata"]["hostname"] == "a-host"
    assert [w for w in (str(ROOT), str(tmp_path), sys.prefix, socket.gethostname()) if w in text] == []
    assert f'"{getpass.getuser()}"' not in text


def test_the_same_seed_draws_the_same_waits_under_every_model(tmp_path: Path) -> None:
    longest = {}
    for model, seed in (*((model, "1") for model in HERE), (HERE[0], "2")):
        path = tmp_path / f"{model}-{seed}.json"
        assert measure(f"sleep/{model}/3?ops=2", path, "--seed", seed).returncode == 0
        longest[model, seed] = records.read(path).metadata["wait_longest_s"]
    assert len({longest[model, "1"] for model in HERE}) == 1
    assert longest[HERE[0], "1"] != longest[HERE[0], "2"]


def test_a_cell_that_nobody_knows_is_one_line_and_status_2(tmp_path: Path) -> None:
    for name, words in (
        ("slep/thread/2", "did you mean 'sleep'?"),
        ("sleep/thread", "is not a cell"),
        ("sleep/thread/2?nonsense=1", "has no parameter 'nonsense'"),
        ("sleep/thread/2?wait_ms=much", "is of another kind"),
    ):
        done = measure(name, tmp_path / "none.json")
        assert (done.returncode, done.stdout) == (2, "")
        assert words in done.stderr
        assert done.stderr.count("\n") == 1
    assert not (tmp_path / "none.json").exists()
