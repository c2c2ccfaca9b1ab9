"""The command line: `python -m bench run | verify | report | compare | doctor | list`.

Exit status: 0 ok · 1 failed, or a cell is void · 2 usage · 3 a difference was found · 130 interrupted, resumable.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import sys
import time
from collections.abc import Collection, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from bench import cells
from bench.presets import PRESETS
from bench.words import WORST_FIRST, Finding, UserError, harmless
from bench.workloads import WORKLOADS, load_workload

if TYPE_CHECKING:
    from bench.store.manifest import Manifest
    from bench.store.records import Record

OK, FAILED, USAGE, DIFFERENT, INTERRUPTED = 0, 1, 2, 3, 130


MOST_S = 1e7  # four months
MOST_SEED = 10**12  # a round's seed is a thousand times that, and a record's numbers have 63 bits
MOST_ROUNDS = 10_000


def seconds(text: str) -> float:
    """Read a duration: `90`, `90s`, `5m`."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([sm]?)", text)
    if match is None or not 0 < float(match[1]) <= MOST_S:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not a duration: write 90s or 5m")
    return float(match[1]) * (60 if match[2] == "m" else 1)


def positive(text: str) -> int:
    """Read a whole number above zero."""
    if not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def rounds(text: str) -> int:
    """Read a number of rounds."""
    if positive(text) > MOST_ROUNDS:
        raise argparse.ArgumentTypeError(f"more than {MOST_ROUNDS:,} rounds are more than anybody has time for")
    return positive(text)


def seed(text: str) -> int:
    """Read a seed."""
    if not text.isdigit() or int(text) > MOST_SEED:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is not a seed: a whole number from 0 to {MOST_SEED:,}")
    return int(text)


def names(text: str) -> list[str]:
    """Read names separated by commas."""
    found = [name for name in text.split(",") if name]
    if not found:
        raise argparse.ArgumentTypeError("it is empty: leave it out, or name what you want")
    return found


def counts(text: str) -> list[int]:
    """Read whole numbers above zero, separated by commas."""
    return [positive(part) for part in names(text)]


def per_cents(text: str) -> dict[str, float]:
    """Read two shares in per cent, of T and of D."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?),(\d+(?:\.\d+)?)", text)
    if match is None or not all(0 < float(part) <= 1000 for part in match.groups()):
        raise argparse.ArgumentTypeError(
            f"{text[:40]!r} is not a precision: write per cent of time and CPU, as in 0.7,5"
        )
    return {"T": float(match[1]) / 100, "D": float(match[2]) / 100}


def label(text: str) -> str:
    """Read a host's label: it becomes a folder's name."""
    if not re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}", text):
        raise argparse.ArgumentTypeError(f"{text!r} cannot name a folder: use letters, digits, '.', '_' and '-'")
    return text


def parser() -> argparse.ArgumentParser:
    """Describe every command and option."""
    top = argparse.ArgumentParser(
        prog="python -m bench",
        description="What does it cost to wait, on one core: in a thread, a process, or a coroutine?",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="measure, write the report, print the card")
    add = run.add_argument
    add("--preset", help=f"{', '.join(PRESETS)} (default: bench)")
    add(
        "--workload",
        type=names,
        action="extend",
        default=[],
        metavar="NAME[,NAME]",
        help="only these workloads",
    )
    add("--model", type=names, action="extend", default=[], metavar="NAME[,NAME]", help="only these models")
    add(
        "--flows",
        type=counts,
        action="extend",
        default=[],
        metavar="N[,N]",
        help="only these numbers of flows",
    )
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
    add("--host-label", type=label, metavar="NAME", help="what to call this machine (default: its CPU's name)")
    verify = commands.add_parser("verify", help="prove that every cell does the same work; times nothing")
    verify.add_argument("--workload", type=names, action="extend", default=[], metavar="NAME[,NAME]")
    verify.add_argument("--model", type=names, action="extend", default=[], metavar="NAME[,NAME]")
    verify.add_argument("--cpu", type=int, metavar="N")
    report = commands.add_parser("report", help="render runs again; measures nothing")
    report.add_argument("runs", nargs="*", default=[], metavar="RUN", help="a path, an id, or latest (default: latest)")
    compare = commands.add_parser("compare", help="put runs side by side: machines, interpreters or dates")
    compare.add_argument("runs", nargs="+", metavar="RUN", help="a path, an id, or latest; the first is compared with")
    compare.add_argument("--out", type=Path, metavar="FOLDER", help="where the page goes (default: reports/compare/)")
    compare.add_argument("--fail-on-difference", action="store_true", help="exit with 3 if a ratio differs")
    doctor = commands.add_parser("doctor", help="what about this machine would spoil or limit a run; changes nothing")
    doctor.add_argument("--cpu", type=int, metavar="N", help="the core that would be measured")
    doctor.add_argument("--json", action="store_true", help="for programs")
    list_ = commands.add_parser("list", help="workloads, models, what can run here, and if not, why")
    list_.add_argument("--json", action="store_true", help="for programs")
    return top


def do_run(options: argparse.Namespace) -> int:
    """Measure, report, print the card."""
    from bench.campaign import run as campaign  # noqa: PLC0415

    wanted = campaign.Options(
        preset=options.preset,
        workloads=tuple(options.workload),
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
    )
    folder = campaign.run(wanted, too_wide, disturbed)
    return show(folder)


def disturbed(record: Record) -> str:
    """What disturbed a cell while it was measured, or an empty string."""
    from bench.analysis.findings import disturbance  # noqa: PLC0415

    return disturbance(record)


def too_wide(folder: Path, manifest: Manifest, blocks: Collection[str]) -> Mapping[str, float]:
    """Which of these blocks of a run so far have ratios with intervals wider than asked for, and by how many times."""
    from bench.analysis import precision  # noqa: PLC0415
    from bench.analysis.frames import frame  # noqa: PLC0415
    from bench.store.manifest import valid_records  # noqa: PLC0415

    records = [record for record in valid_records(folder, manifest) if record.cell.block in blocks]
    kinds = {model: manifest.about["kinds"][model] for model in manifest.models}
    widths = precision.widths(frame(records), blocks, kinds, manifest.precision, precision.HELD_BACK)
    return precision.too_wide(widths, manifest.precision)


def show(folder: Path) -> int:
    """Render a run's report, print its card and where the page is; 1 if a cell is void."""
    from bench.report import report  # noqa: PLC0415

    document = report.write(folder)
    print(report.card(folder, document))
    return FAILED if document.void else OK


def do_verify(options: argparse.Namespace) -> int:
    """Prove the work, cell by cell."""
    from bench.campaign import run as campaign  # noqa: PLC0415

    failed = campaign.verify(options.workload, options.model, options.cpu)
    for cell, reason in failed:
        print(f"{cell} does other work: {reason}", file=sys.stderr)
    return FAILED if failed else OK


def do_report(options: argparse.Namespace) -> int:
    """Render runs again."""
    from bench.store import runs  # noqa: PLC0415

    return max(show(runs.find(name)) for name in options.runs or ["latest"])


def do_compare(options: argparse.Namespace) -> int:
    """Put runs side by side."""
    from bench.report import report  # noqa: PLC0415
    from bench.store import runs  # noqa: PLC0415

    content, page = report.compare([runs.find(name) for name in options.runs], options.out)
    print(report.summary(content, page))
    return DIFFERENT if content.different and options.fail_on_difference else OK


def catalogue() -> dict[str, dict[str, dict[str, object]]]:
    """Say what there is: workloads, models, and every cell of every preset, with the reason if it cannot run here."""
    from bench.campaign.run import reason_not_to_run  # noqa: PLC0415
    from bench.models import MODELS, load_model  # noqa: PLC0415

    models: dict[str, dict[str, object]] = {}
    for name in MODELS:
        launcher = load_model(name)
        models[name] = {"kind": launcher.KIND, "about": launcher.ABOUT[name], "not_here": launcher.missing(name)}
    workloads: dict[str, dict[str, object]] = {}
    for name in WORKLOADS:
        w = load_workload(name)
        workloads[name] = {"about": w.ABOUT, "shows": w.SHOWS, "measure": w.MEASURE, "parameters": dict(w.PARAMETERS)}
    every: dict[str, dict[str, object]] = {}
    for preset in PRESETS.values():
        for cell in (cell for row in preset.rows for cell in row.cells()):
            presets = [p.name for p in PRESETS.values() if any(cell in row.cells() for row in p.rows)]
            why = reason_not_to_run(cell)
            every[cell.name] = {"parameters": cells.parameters(cell), "presets": presets, "not_here": why}
    return {"workloads": workloads, "models": models, "cells": every}


def do_list(options: argparse.Namespace) -> int:
    """Say what there is and what can run here."""
    found = catalogue()
    if options.json:
        print(json.dumps(found, indent=1))
        return OK
    print("workloads")
    for name, entry in found["workloads"].items():
        print(f"  {name:12} {entry['about']}")
    print("models")
    for name, entry in found["models"].items():
        missing = f"  [not here: {entry['not_here']}]" if entry["not_here"] else ""
        print(f"  {name:12} {entry['kind']:7} {entry['about']}{missing}")
    print("presets")
    for preset in PRESETS.values():
        n = sum(preset.name in str(entry["presets"]) for entry in found["cells"].values())
        print(f"  {preset.name:12} {n} cells, at most {preset.budget_s:.0f} s: {preset.about}")
    for name, entry in found["cells"].items():
        if entry["not_here"]:
            print(f"  not here: {name}: {entry['not_here']}")
    return OK


def do_doctor(options: argparse.Namespace) -> int:
    """Say what about this machine would spoil or limit a run; change nothing."""
    from bench.harness.pin import allowed_cpus  # noqa: PLC0415
    from bench.machine import doctor, host, switches, topology  # noqa: PLC0415
    from bench.models import MODELS, load_model  # noqa: PLC0415
    from bench.report.terminal import noted  # noqa: PLC0415

    cores = topology.choose(allowed_cpus(), options.cpu)
    first = doctor.look(cores.measured)
    time.sleep(doctor.LOOK_S)
    found = doctor.examine(doctor.Patient(Path("/"), cores, first, doctor.look(cores.measured)))
    found += [*host.spoiled(host.interpreter()), *switches.findings(os.environ, switches.state_of_a_cell(os.environ))]
    found.sort(key=lambda finding: WORST_FIRST.index(finding.level))
    missing = [f"{name} ({reason})" for name in MODELS if (reason := load_model(name).missing(name))]
    if missing:
        found.append(Finding("hint", f"these models are not here: {', '.join(missing)}", ""))
    if options.json:
        print(json.dumps([asdict(finding) for finding in found], indent=1))
        return OK
    print(f"{host.cpu_model()}: CPU {cores.measured} would be measured; server and campaign on CPU {cores.other}")
    print("\n".join(noted(found)) if found else "nothing was found that would spoil or limit a run")
    return OK


COMMANDS = {
    "run": do_run,
    "verify": do_verify,
    "report": do_report,
    "compare": do_compare,
    "doctor": do_doctor,
    "list": do_list,
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command; every mistake of the user's is one line on standard error."""
    options = parser().parse_args(arguments)
    if not hasattr(os, "sched_setaffinity"):
        print(
            "bench: this system has no os.sched_setaffinity; the suite pins to one core and needs Linux",
            file=sys.stderr,
        )
        return USAGE
    from bench.campaign.targets import TargetLostError  # noqa: PLC0415
    from bench.store.records import StoreError  # noqa: PLC0415

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that has no µ gets a question mark
            stream.reconfigure(errors="replace")
    try:
        return COMMANDS[options.command](options)
    except UserError as error:
        print(harmless(f"bench: {error}"), file=sys.stderr)
        return USAGE
    except (StoreError, TargetLostError, OSError) as error:
        if not isinstance(error, BrokenPipeError):  # nobody is there to be told
            print(harmless(f"bench: {error}"), file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("\nbench: interrupted", file=sys.stderr)  # a run has said how to go on with it
        return INTERRUPTED
