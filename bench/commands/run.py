"""`run`: measure, write the report, print the card."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from pathlib import Path

from bench.commands.arguments import add_debug, add_libraries, counts, label, names, per_cents, rounds, seconds, seed
from bench.commands.status import OK
from bench.presets import PRESETS

HELP = "measure, write the report, print the card"


def options(parser: ArgumentParser) -> None:
    """Add the options of the command."""
    add = parser.add_argument
    add("--preset", help=f"{', '.join(PRESETS)} (default: bench)")
    add(
        "--workload",
        type=names,
        action="extend",
        default=[],
        metavar="NAME[,NAME]",
        help="only these workloads; with parameters: 'http_get?wait_ms=200&payload_bytes=102400'",
    )
    add("--set", type=names, action="extend", default=[], metavar="KEY=VALUE", help="a parameter of all of them")
    add_libraries(parser)
    add("--model", type=names, action="extend", default=[], metavar="NAME[,NAME]", help="only these models")
    add("--flows", type=counts, action="extend", default=[], metavar="N[,N]", help="only these numbers of flows")
    add("--rounds", type=rounds, metavar="N", help="as many rounds of every block")
    add("--budget", type=seconds, metavar="TIME", help="at most this long, report included: 90s, 5m")
    add(
        "--precision",
        type=per_cents,
        metavar="T,D",
        help="go on until headline ratios are known to so many per cent, time and CPU (default: 0.7,5)",
    )
    add("--cpu", type=int, metavar="N", help="the core to measure on")
    add("--seed", type=seed, metavar="N", help="decides the order of cells and the phases of flows")
    add("--out", type=Path, metavar="FOLDER", help="a new or empty folder that becomes the run's")
    add("--resume", metavar="RUN", help="go on with a run that was interrupted")
    add("--dry-run", action="store_true", help="only list the cells, with the seconds that each should take")
    add_debug(parser)
    add("--host-label", type=label, metavar="NAME", help="what to call this machine (default: its CPU's name)")


def act(options: Namespace) -> int:
    """Measure, report, print the card."""
    from bench.campaign import dry_run, libraries, own_files, reports
    from bench.campaign.options import Options
    from bench.campaign.run import run
    from bench.commands.report import show
    from bench.presets.wanted import read_settings
    from bench.store import runs

    files = own_files.paths(options.workload)
    if options.resume is not None:
        files += own_files.paths_in(runs.find(options.resume))
    others = len(files) < len(options.workload) or not options.workload
    left_out = libraries.have(files, options.with_, options.words, others=others)
    asked = Options(
        preset=options.preset,
        workloads=tuple(own_files.taken(options.workload, left_out)),
        settings=read_settings(options.set),
        models=tuple(options.model),
        flows=tuple(options.flows),
        rounds=options.rounds,
        budget_s=options.budget,
        cpu=options.cpu,
        seed=options.seed,
        out=options.out,
        resume=options.resume,
        host_label=options.host_label,
        precision=options.precision,
        debug=options.debug,
    )
    if options.dry_run:
        print("\n".join(dry_run.lines(asked)))
        return OK
    folder = run(asked)
    began_s = time.monotonic()
    status = show(folder)
    reports.note(folder, time.monotonic() - began_s)
    return status
