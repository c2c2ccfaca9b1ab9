"""One cell in one process: `python -m bench.worker.main WORKLOAD/MODEL/FLOWS`, a pyperf script.

Strategy: pin; prove the work on two flows and two ops; launch the job once under pyperf's bench_time_func, which gets
T, the work phase; check the ledger of the timed ops; add every figure to the benchmark's metadata; write the record.
The last line on standard output is JSON for whoever started the cell: the reason why it is void, or null.
"""

from __future__ import annotations

import gc
import io
import json
import os
import sys

if __name__ == "__main__":
    from bench.worker.patched import patch

    patch(sys.argv[1:])  # before all that follows is imported

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyperf

from bench import cells
from bench.harness import heap, ledger, memory
from bench.harness.awake import kept_awake
from bench.harness.flow import Order
from bench.harness.pin import allowed_cpus, pin, unpin
from bench.machine.limits import limit_reached, raise_files_limit
from bench.machine.orphans import die_with_parent
from bench.machine.topology import choose, cpu_list
from bench.models import MODELS, load_model
from bench.store import records
from bench.targets.disk_file import DIRECT, DROPPED, DiskFile, disk_file
from bench.targets.http_referee import HttpReferee, Seen, http_server
from bench.targets.postgres import Postgres, postgres
from bench.targets.postgres_referee import PostgresReferee
from bench.words import Cell, Fault, NoMoreFlowsError, UserError
from bench.worker.launch import Job
from bench.worker.record import constants, figures, time_s
from bench.workloads import WORKLOADS, load_workload

Referee = HttpReferee | PostgresReferee


@dataclass(frozen=True)
class There:
    """What the flows wait for, as far as the cell needs it, and the process of it that this one has started."""

    http: tuple[str, int] | None = None
    postgres: Postgres | None = None
    file: DiskFile | None = None
    child: int = 0


def prepare_order(cell: Cell, there: There, seed: int) -> Order:
    """Fill in a cell's parameters; `seed` decides what the flows draw, the same for every model of a round."""
    parameters = cells.parameters(cell)
    token = os.urandom(6).hex()
    kit = load_model(cell.model).kit(cell.model)
    ops = int(parameters["ops"])
    return Order(cell, parameters, token, there.http, there.file, seed, cell.flows, ops, kit, there.postgres)


def small(order: Order) -> Order:
    """The same work, two flows of two ops: what every timed process proves first."""
    ops = max(cells.SMALL_OPS, load_workload(order.cell.workload).STEPS)
    # Its waits are short, and it reads as much as the cell does: a wrong size must show.
    parameters = {**order.parameters, "wait_ms": min(cells.SMALL_WAIT_MS, float(order.parameters["wait_ms"]))}
    flows = min(order.flows, cells.SMALL_FLOWS)
    return replace(order, parameters=parameters, token=os.urandom(6).hex(), flows=flows, ops=ops)


@contextmanager
def uncollected(*, frozen: bool) -> Iterator[None]:
    """Make things without a collection meanwhile, then collect once; and have later ones leave out what was made.

    A collection in the work phase shall look at what flows have made, not at what the harness keeps for each of them:
    at 100,000 flows that was four fifths of its time. Cells about memory are left as they are, and freeze themselves.
    """
    gc.disable()
    try:
        yield
        gc.collect()
        if frozen:
            gc.freeze()
    finally:
        gc.enable()


def run_job(order: Order, referee: Referee | None, cpu: int) -> tuple[Job, dict[int, Seen], str]:
    """Launch a job and check its ledger; return it, what the server saw, and the reason why it is void, if it is."""
    workload = load_workload(order.cell.workload, load_model(order.cell.model).BODY)
    with uncollected(frozen=workload.MEASURE != "memory"):
        job = Job(order, workload, referee, cpu)
    if isinstance(referee, PostgresReferee):
        referee.begin()
    with ExitStack() as stack:
        if workload.MEASURE == "memory":
            job.observer = stack.enter_context(memory.Observer([referee.child] if referee else []))
        if job.observer is None:  # one who asks for memory wants no room that was there before
            heap.settle(str(order.parameters.get("heap", heap.ROOMY)))
        job.observe()
        load_model(order.cell.model).launch(job)
    faults = job.close()
    gc.unfreeze()
    seen: dict[int, Seen] = {}
    if isinstance(referee, HttpReferee):
        seen = referee.take(order.token)
        referee.take(f"{order.token}-warm")
    try:
        if job.observer is not None:
            memory.between(job.memory)
        disk_bytes = job.total_used()["read_bytes"]
        due = workload.due(job.flows, job.began_ns)
        ledger.check(job.flows, workload.expect(order), faults, due, stamped=workload.STAMPED)
        ledger.check_targets(job.flows, workload.witness(order), seen, disk_bytes, job.counted())
        if isinstance(referee, PostgresReferee):
            ledger.check_statements(order.flows, workload.witness(order), referee.committed())
    except Fault as fault:
        return job, seen, str(fault)
    return job, seen, ""


def place(order: Order, cpu: int, cpus: list[int]) -> None:
    """Pin this process to its core; or, with pin=0, let it run on all that the run may use."""
    if order.parameters["pin"]:
        pin(cpu)
    else:
        unpin(cpus)


def measure(runner: Any, order: Order, referee: Referee | None, cpu: int, options: Any) -> str:
    """Prove the work small, time it, write the record; return the reason why the cell is void, or ''."""
    launched: list[tuple[Job, dict[int, Seen], str]] = []

    def work(_loops: int) -> float:
        place(order, cpu, options.cpus)  # again: pyperf moves to the isolated cores, where a machine has any
        launched.append(run_job(order, referee, cpu))
        return max(time_s(launched[0][0]), 1e-9)

    _, _, void = run_job(small(order), referee, cpu)
    if void:
        return f"in the small check: {void}"
    benchmark = runner.bench_time_func(order.cell.name, work)
    ((job, seen, void),) = launched
    metadata = constants(order, cpu, options.round, options.attempt) | figures(job, seen)
    if isinstance(referee, PostgresReferee):
        metadata["postgres_version"] = referee.version
    if void:
        metadata["void"] = void
    benchmark.update_metadata(metadata)
    if options.record:
        text = io.StringIO()
        benchmark.dump(text)
        records.write(Path(options.record), text.getvalue(), options.host_label)
    else:
        print(f"{order.cell.name}: T = {time_s(job):.6f} s")
        for key, value in sorted(metadata.items()):
            print(f"  {key}: {value}")
    return void


def parse(arguments: list[str]) -> tuple[Any, Any]:
    """Return pyperf's runner and the options; one worker, one loop, one value, no warm-up, unless told otherwise."""
    runner = pyperf.Runner(program_args=("-m", "bench.worker.main"))
    add = runner.argparser.add_argument
    add("cell", metavar="CELL", help="workload/model/flows?parameter=value, as in http_get/asyncio/100")
    add("--record", metavar="FILE", help="write the record there instead of printing it")
    add("--verify", action="store_true", help="only prove that the work is the same, small and untimed")
    add("--cpu", type=int, help="the core to pin to")
    add("--cpus", type=cpu_list, default=[], help="the cores that flows with pin=0 may use; without it, all of ours")
    add(
        "--target",
        metavar="PORT",
        type=int,
        help="the http server's port on loopback; without it, one is started",
    )
    add("--postgres", metavar="FOLDER", help="where our PostgreSQL has its socket; without it, one is found or started")
    add("--file", metavar="PATH", help="the file to read; without it, one is made and removed")
    add("--file-method", choices=(DIRECT, DROPPED), help="how it is read past the page cache")
    add("--round", type=int, default=0, help=argparse_default("the round this belongs to"))
    add("--attempt", type=int, default=1, help=argparse_default("which attempt at this cell it is"))
    add("--seed", type=int, default=0, help="decides the phases of the flows")
    add("--host-label", default="here", help="what to write instead of the host's name")
    if "--worker" not in arguments:
        arguments = ["--worker", "-l1", "-n1", "-w0", "--quiet", *arguments]
    return runner, runner.parse_args(arguments)


def argparse_default(text: str) -> str:
    """Say that an option has a default."""
    return f"{text} (default: %(default)s)"


def take_targets(targets: tuple[str, ...], options: Any, stack: ExitStack) -> There:
    """Take the targets that were named, and start for this cell alone what was not; choose the cores, where none is."""
    other = options.cpu
    starts = ("http" in targets and options.target is None) or ("postgres" in targets and options.postgres is None)
    if options.cpu is None or starts:
        cores = choose(allowed_cpus(), options.cpu)
        options.cpu, other = cores.measured, cores.other
    there = There()
    if "http" in targets and options.target:
        there = replace(there, http=("127.0.0.1", options.target))
    elif "http" in targets:
        server = stack.enter_context(http_server(other))
        there = replace(there, http=server.address, child=server.process.pid)
    if "postgres" in targets and options.postgres:
        there = replace(there, postgres=Postgres(Path(options.postgres)))
    elif "postgres" in targets:
        database = stack.enter_context(postgres(other))
        there = replace(there, postgres=database, child=database.process.pid if database.process else 0)
    if "file" in targets and options.file:
        there = replace(there, file=DiskFile(Path(options.file), options.file_method))
    elif "file" in targets:
        there = replace(there, file=stack.enter_context(disk_file()))
    return there


def referee_of(there: There) -> Referee | None:
    """Who can ask the target what it saw."""
    if there.postgres is not None:
        return PostgresReferee(there.postgres, there.child)
    return HttpReferee(there.http, there.child) if there.http else None


def main(arguments: list[str]) -> int:
    """Run one cell; exit 0 if it is valid, 1 if it is void, 2 for a mistake on the command line."""
    die_with_parent()
    runner, options = parse(arguments)
    try:
        cell = Cell.parse(options.cell)
        cells.known("workload", cell.workload, WORKLOADS)
        cells.known("model", cell.model, MODELS)
        reason = cells.not_here(cell)
        if reason:
            raise UserError(f"{cell.name} cannot run here: {reason}")
        raise_files_limit()
        with ExitStack() as stack:
            options.cpus = options.cpus or allowed_cpus()
            there = take_targets(load_workload(cell.workload).TARGETS, options, stack)
            order = prepare_order(cell, there, options.seed)
            # The campaign has moved off this core, and its children inherit that: this moves back.
            place(order, options.cpu, options.cpus)
            if order.parameters["awake"]:
                stack.enter_context(kept_awake())
            referee = referee_of(there)
            if referee:
                stack.callback(referee.close)
            if options.verify:
                void = run_job(small(order), referee, options.cpu)[2]
            else:
                void = measure(runner, order, referee, options.cpu, options)
    except UserError as error:
        print(f"{error}", file=sys.stderr)
        return 2
    except NoMoreFlowsError as error:
        # Those that are there are parked, for ever: they end with the process, which must not wait for them.
        print(
            json.dumps({"void": f"stopped at {error.started:,} flows: {limit_reached()}", "stopped": True}), flush=True
        )
        os._exit(1)
    print(json.dumps({"void": void or None}))
    return 1 if void else 0


if __name__ == "__main__":
    if not hasattr(os, "sched_setaffinity"):
        sys.exit("this system has no os.sched_setaffinity: the suite pins to one core and needs Linux")
    sys.exit(main(sys.argv[1:]))
