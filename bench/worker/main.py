"""One cell in one process: `python -m bench.worker.main WORKLOAD/MODEL/FLOWS`, a pyperf script.

Strategy: pin. Prove the work on two flows and two ops. Launch the job once under pyperf's bench_time_func, which gets T, the
work phase. Check the ledger of the timed ops. Add every figure to the benchmark's metadata, and write the record.
At the end it says one line of JSON to whoever started the cell: the reason why it is void, or null. A campaign has named a
descriptor for that; by hand, it is the last line on standard output.
"""

from __future__ import annotations

import faulthandler
import gc
import io
import os
import signal
import sys

if __name__ == "__main__":
    from bench.worker.monkey_patch import patch

    patch(sys.argv[1:])  # before all that follows is imported

from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from zlib import crc32

import pyperf

from bench import cells
from bench.harness import heap, ledger, memory
from bench.harness.awake import kept_awake
from bench.harness.flow import Field, Order
from bench.harness.pin import allowed_cpus, pin, unpin
from bench.harness.softirqs import NetworkWork
from bench.harness.watch import Watch
from bench.machine import kills
from bench.machine.answer import say
from bench.machine.limits import limit_reached, raise_files_limit
from bench.machine.orphans import die_with_parent
from bench.machine.topology import cpu_list
from bench.models import MODELS, load_model
from bench.own.file import DEBUG, FILES, from_text, is_in, told
from bench.store import records
from bench.store.laws import broken
from bench.store.waits import WAITS_GIVEN, grossly_too_long
from bench.targets import Referee, load_target
from bench.words import KILLED, Cell, Fault, KilledError, NoMoreFlowsError, UserError
from bench.worker import targets
from bench.worker.launch import UNWATCHED, Job
from bench.worker.record import constants, figures, time_s
from bench.workloads import all_workloads, load_workload

Referees = Mapping[str, Referee[Any]]
Launched = tuple[Job, dict[int, ledger.Given], str]  # what targets say of their waits; why it is void, if it is


def prepare_order(cell: Cell, places: Mapping[str, Any], seed: int) -> Order:
    """Fill in a cell's parameters; `seed` decides what the flows draw, the same for every model of a round.

    `places`: where each of the workload's targets is.
    """
    parameters = cells.parameters(cell)
    token = os.urandom(6).hex()
    primitives = load_model(cell.model).primitives()
    ops = int(parameters["ops"])
    on_disk = any(load_target(name).on_disk for name in places)
    return Order(cell, parameters, token, seed, cell.flows, ops, primitives, places, on_disk)


def small(order: Order) -> Order:
    """The same work, two flows of a few ops: what every timed process proves first."""
    least = cells.SMALL_OPS_OF_FILES if order.cell.workload in FILES else cells.SMALL_OPS
    ops = max(least, load_workload(order.cell.workload).steps)
    # Its waits are short, and it reads as much as the cell does: a wrong size must show.
    parameters = {**order.parameters, "wait_ms": min(cells.SMALL_WAIT_MS, float(order.parameters["wait_ms"]))}
    flows = min(order.flows, cells.SMALL_FLOWS)
    return replace(order, parameters=parameters, token=os.urandom(6).hex(), flows=flows, ops=ops, proving=True)


@contextmanager
def uncollected(*, frozen: bool) -> Iterator[None]:
    """Make things without a collection meanwhile, then collect once; and have later ones leave out what was made.

    A collection in the work phase shall look at what flows have made, not at what the harness keeps for each of them. At
    100,000 flows, the harness's objects had taken four fifths of its time. Cells about memory are left as they are, and freeze themselves.
    """
    gc.disable()
    try:
        yield
        gc.collect()
        if frozen:
            gc.freeze()
    finally:
        gc.enable()


def run_job(order: Order, referees: Referees, cpu: int, watch_from: Collection[int] = ()) -> Launched:
    """Launch a job and check its ledger, and what its targets saw.

    `watch_from`: cores from which its CPU clocks are read while it runs; none where that is not wanted.
    """
    workload = load_workload(order.cell.workload, load_model(order.cell.model).body)
    with uncollected(frozen=workload.measure != "memory"):
        job = Job(order, workload, referees.values(), cpu)
    for referee in referees.values():
        referee.begin(order.token)
    with ExitStack() as stack:
        if workload.measure == "memory":
            job.observer = stack.enter_context(memory.Observer([one.child for one in referees.values()]))
        if watch_from and order.ops and workload.measure not in UNWATCHED:
            job.watch = stack.enter_context(Watch(job.flows, cpu, watch_from))
        if order.parameters["softirq"] and not order.proving:
            servers = [number for one in referees.values() if (number := one.process())]
            job.network_work = stack.enter_context(NetworkWork(cpu, servers))
        if job.observer is None:  # one who asks for memory wants no room that was there before
            heap.settle(str(order.parameters.get("heap", heap.ROOMY)))
        job.observe()
        load_model(order.cell.model).launch(job)
        job.read_clocks()
    faults = job.close()
    gc.unfreeze()
    seen = targets.what_was_seen(referees, order.token, job.total_used())
    given = targets.given(seen)
    try:
        if job.observer is not None:
            memory.between(job.memory)
        due = workload.due(job.flows, job.began_ns)
        ledger.check(job.flows, workload.expect(order), faults, due, stamped=workload.stamped)
        targets.check(job.flows, workload.witness(order), seen)
        ledger.check_counted(job.counted(), workload.counted(order))
    except Fault as fault:
        return job, given, str(fault)
    return job, given, ""


def place(order: Order, cpu: int, cpus: list[int]) -> None:
    """Pin this process to its core; or, with pin=0, let it run on all that the run may use."""
    if order.parameters["pin"]:
        pin(cpu)
    else:
        unpin(cpus)


def measure(runner: Any, order: Order, referees: Referees, cpu: int, options: Any) -> str:
    """Prove the work small, time it, write the record; return the reason why the cell is void, or ''."""
    launched: list[Launched] = []

    def work(_loops: int) -> float:
        place(order, cpu, options.cpus)  # again: pyperf moves to the isolated cores, where a machine has any
        launched.append(run_job(order, referees, cpu, options.cpus))
        return max(time_s(launched[0][0]), 1e-9)

    proof, _, void = run_job(small(order), referees, cpu)
    if void:
        return f"in the small check: {void}"
    ops = max(1, order.flows * order.ops)  # of a cell without any, the value is the whole time
    benchmark = runner.bench_time_func(cells.benchmark_name(order.cell), work, inner_loops=ops)
    ((job, given, void),) = launched
    metadata = constants(order, cpu, options.round, options.attempt) | figures(job, given)
    if results := results_of(proof):
        metadata["results"] = results
    for referee in referees.values():
        metadata |= referee.facts()
    void = void or grossly_too_long(metadata) or broken(metadata, time_s(job))
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


def results_of(proof: Job) -> str:
    """What the ops of a small check returned, as a checksum; empty for a workload of the suite's own, whose ledger says it."""
    if proof.order.cell.workload not in FILES:
        return ""
    return f"{crc32(b''.join(flow[Field.CHECKSUM].to_bytes(4, 'little') for flow in proof.flows)):08x}"


def worth_another_try(void: str) -> bool:
    """Is it no fault of the cell's own that it is void? One of its processes was killed, or the server gave other waits."""
    return KILLED in void or WAITS_GIVEN in void


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
        metavar="NAME=WHERE",
        action="append",
        default=[],
        help="a target that is there, as in http=8080 (its port); without it, the cell starts its own",
    )
    add("--file", action="append", default=[], help="a file of your own, whose workload the cell names")
    add("--debug", action="store_true", help="write the whole traceback of an error in such a file")
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


def run_cell(runner: Any, options: Any) -> tuple[str, Mapping[str, str]]:
    """Run the cell that the command line names; return why it is void, or '', and what else its proof says.

    Raises UserError where it cannot run.
    """
    if options.debug:
        os.environ[DEBUG] = "1"  # for its flows, too
    for text in options.file:
        # Where it does not end, the campaign asks where it is (bench.campaign.subprocesses.where_it_hangs).
        faulthandler.register(signal.SIGUSR1)
        file = from_text(text)
        FILES[file.name] = file
    cell = Cell.parse(options.cell)
    cells.known("workload", cell.workload, all_workloads())
    cells.known("model", cell.model, MODELS)
    reason = cells.not_here(cell)
    if reason:
        raise UserError(f"{cell.name} cannot run here: {reason}")
    raise_files_limit()
    with ExitStack() as stack:
        options.cpus = options.cpus or allowed_cpus()
        reached = targets.take_targets(load_workload(cell.workload).targets, options, stack)
        order = prepare_order(cell, reached.places, options.seed)
        # The campaign has moved off this core, and its children inherit that: this moves back.
        place(order, options.cpu, options.cpus)
        if order.parameters["awake"]:
            stack.enter_context(kept_awake())
        referees = reached.referees(stack)
        if options.verify:
            proof, _, void = run_job(small(order), referees, options.cpu)
            return void, {"results": results_of(proof), "beside": ", ".join(proof.beside()[0])}
        return measure(runner, order, referees, options.cpu, options), {}


def main(arguments: list[str]) -> int:
    """Run one cell; exit 0 if it is valid, 1 if it is void, 2 for a mistake on the command line."""
    die_with_parent()
    kills.offer()  # and every flow, by inheritance: the campaign must live to tell of it
    runner, options = parse(arguments)
    try:
        void, proved = run_cell(runner, options)
    except UserError as error:
        if options.file:
            say({"void": str(error)})
        print(f"{error}", file=sys.stderr)
        return 2
    except KilledError as error:
        say({"void": str(error), "lost": True})
        os._exit(1)  # flows are parked that nobody will release: they end with this process
    except NoMoreFlowsError as error:
        # Those that are there are parked, for ever: they end with the process, which must not wait for them.
        say({"void": f"stopped at {error.started:,} flows: {limit_reached()}", "stopped": True})
        os._exit(1)
    except Exception as error:
        if not is_in(error):  # an error of the user's own code has its place in one line
            raise
        say({"void": told(error)})
        return 1
    said = {"void": void or None} | {key: text for key, text in proved.items() if text}
    say(said | ({"lost": True} if worth_another_try(void) else {}))
    return 1 if void else 0


if __name__ == "__main__":
    if not hasattr(os, "sched_setaffinity"):
        sys.exit("this system has no os.sched_setaffinity: the suite pins to one core and needs Linux")
    sys.exit(main(sys.argv[1:]))
