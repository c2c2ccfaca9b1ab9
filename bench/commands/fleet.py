"""`fleet`: measure many machines, and put them side by side."""

from __future__ import annotations

import importlib.util
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from bench.commands.arguments import counts, names, rounds, seconds
from bench.commands.status import FAILED, INTERRUPTED, OK
from bench.words import UserError, harmless

HELP = "measure many machines over SSH or through a Dask cluster, and put them side by side"


def options(parser: ArgumentParser) -> None:
    """Add the options of the command."""
    add = parser.add_argument
    add("--hosts", default="", metavar='"A B"', help="names of hosts, as ssh takes them")
    add("--hostfile", default="", metavar="FILE", help="a file with a host's name a line")
    add("--scheduler", default="", metavar="tls://HOST:PORT", help="a Dask cluster that is there, instead of hosts")
    add("--tls-ca", default="", metavar="FILE", help="of that cluster: the authority's certificate")
    add("--tls-cert", default="", metavar="FILE", help="of that cluster: your certificate")
    add("--tls-key", default="", metavar="FILE", help="of that cluster: your key")
    add("--preset", default="", help="as in run (default: bench)")
    add("--budget", type=seconds, metavar="TIME", help="of each host, as in run")
    add("--workload", type=names, action="extend", default=[], metavar="NAME[,NAME]", help="as in run; a file travels")
    add("--model", type=names, action="extend", default=[], metavar="NAME[,NAME]", help="as in run")
    add("--flows", type=counts, action="extend", default=[], metavar="N[,N]", help="as in run")
    add("--rounds", type=rounds, metavar="N", help="as in run")
    add("--python", default="", metavar="NAME", help="the Python on the hosts (default: python3)")
    add("--environment", default="", metavar="PATH", help="a Python on the hosts that has the locked packages already")
    add("--wheels", type=Path, metavar="FOLDER", help="wheels that travel to hosts which reach no package index")
    add("--ssh-config", type=Path, metavar="FILE", help="a configuration of ssh instead of yours")
    add("--doctor", action="store_true", help="only look at each host")
    add("--resume", type=Path, metavar="FLEET", help="ask the hosts again whose runs are missing")


def act(options: Namespace) -> int:
    """Measure, file, compare; exit status 1 where any host failed."""
    missing = [name for name in ("distributed", "cryptography") if importlib.util.find_spec(name) is None]
    if missing:
        raise UserError(f"this needs {' and '.join(missing)}: start it with `make fleet`, which installs them")
    from bench.fleet import attempts
    from bench.fleet.command import Asked, fleet
    from bench.fleet.engine import Certificate
    from bench.fleet.hosts import read_hosts

    hosts = read_hosts(options.hosts, Path(options.hostfile) if options.hostfile else None)
    if bool(hosts) + bool(options.scheduler) + bool(options.resume) == 0:
        raise UserError('name hosts: make fleet HOSTS="a b c", HOSTFILE=file or SCHEDULER=tls://HOST:PORT')
    if hosts and (options.scheduler or options.resume):
        raise UserError("give hosts, a scheduler, or --resume, not two of them")
    rest = [
        *(part for flows in options.flows for part in ("--flows", str(flows))),
        *(("--rounds", str(options.rounds)) if options.rounds else ()),
    ]
    result = fleet(
        Asked(
            hosts=hosts,
            scheduler=options.scheduler,
            certificate=Certificate(options.tls_ca, options.tls_cert, options.tls_key),
            preset=options.preset,
            budget_s=options.budget,
            workloads=options.workload,
            models=options.model,
            rest=rest,
            python=options.python,
            environment=options.environment,
            wheels=options.wheels,
            ssh_config=options.ssh_config,
            resume=options.resume,
            doctor=options.doctor,
        )
    )
    for one in result.outcomes:
        print(harmless(f"{one.host}: {attempts.told(one)}"))
        for text in one.said:
            print(harmless(f"    {text}"))
    if result.page:
        print(f"comparison: {result.page}")
    if result.interrupted:
        print(f"bench: interrupted; the rest: --resume {result.folder}", file=sys.stderr)
        return INTERRUPTED
    return FAILED if any(one.failed for one in result.outcomes) else OK
