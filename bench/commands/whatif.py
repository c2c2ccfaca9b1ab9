"""`whatif`: what one core would give to a service of the user's own, by a run's figures."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from bench.commands.arguments import positive, time_of_a_request
from bench.commands.status import OK
from bench.words import UserError

HELP = "which model for a service of your own, by a run's figures; measures nothing"


def options(parser: ArgumentParser) -> None:
    """Add the options of the command."""
    add = parser.add_argument
    add("run", nargs="?", default="latest", metavar="RUN", help="a path, an id, or latest (default: latest)")
    add("--flows", type=positive, default=2000, metavar="N", help="connections, or flows, in all (default: 2000)")
    add("--wait", type=time_of_a_request, default=0.05, metavar="TIME", help="what each request waits (default: 50ms)")
    add(
        "--own",
        type=time_of_a_request,
        default=200e-6,
        metavar="TIME",
        help="your own CPU per request (default: 200us)",
    )
    add("--cores", type=positive, default=1, metavar="N", help="cores, with a process for each (default: 1)")
    add("--workload", default="", metavar="NAME", help="what a request is like (default: http_get, or else a timer)")


def act(options: Namespace) -> int:
    """Say what each model would do for a service."""
    from bench.analysis.whatif import Service
    from bench.paragraphs import wrapped
    from bench.report import service
    from bench.report.figures import Run
    from bench.report.views.terminal import table
    from bench.store import manifest as manifests
    from bench.store import runs
    from bench.words import harmless

    folder = runs.find(options.run)
    manifest = manifests.read_manifest(folder)
    run = Run(manifest, manifests.valid_records(folder, manifest))
    if options.wait <= 0:
        raise UserError("--wait is 0: a request that waits for nothing is what no model is for; give it a wait")
    known = service.workloads(run)
    if options.workload and options.workload not in known:
        raise UserError(
            f"this run has no ops of {options.workload[:40]!r} with a wait at two numbers of flows: "
            + (f"choose from {', '.join(known)}" if known else "measure http_get or sleep")
        )
    if not known:
        raise UserError("this run measured no wait at two numbers of flows: `make bench` measures enough")
    workload = options.workload or known[0]
    asked = Service(options.flows, options.wait, options.own, options.cores)
    found, said = service.said(service.curves(run, workload), asked, service.flows_word(workload))
    print(
        harmless(
            "\n".join(
                [
                    table(found),
                    "",
                    *(wrapped(sentence) for sentence in said),
                    "",
                    wrapped(service.SOURCE.format(workload=workload, run=manifest.id)),
                ]
            )
        )
    )
    return OK
