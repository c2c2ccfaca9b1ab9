"""`doctor`: what about this machine would spoil or limit a run; changes nothing."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from pathlib import Path

from bench.commands.status import OK
from bench.words import WORST_FIRST, Finding

HELP = "what about this machine would spoil or limit a run; changes nothing"


def options(parser: ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("--cpu", type=int, metavar="N", help="the core that would be measured")
    parser.add_argument("--json", action="store_true", help="for programs")


def act(options: Namespace) -> int:
    """Look at the machine for a second, and say what was seen."""
    from bench.harness.pin import allowed_cpus
    from bench.machine import children, doctor, host, topology
    from bench.paragraphs import noted

    cores = topology.choose(allowed_cpus(), options.cpu)
    first = doctor.look(cores.measured)
    time.sleep(doctor.LOOK_S)
    findings = doctor.examine(doctor.Patient(Path("/"), cores, first, doctor.look(cores.measured)))
    findings += children.findings(dropped=True)
    findings.sort(key=lambda finding: WORST_FIRST.index(finding.level))
    findings += missing_models()
    if options.json:
        print(json.dumps([asdict(finding) for finding in findings], indent=1))
        return OK
    print(f"{host.cpu_model()}: CPU {cores.measured} would be measured; server and campaign on CPU {cores.other}")
    print("\n".join(noted(findings)) if findings else "nothing was found that would spoil or limit a run")
    return OK


def missing_models() -> list[Finding]:
    """A finding that names the models that are not here, if there are any."""
    from bench.models import MODELS, load_model

    missing = [f"{name} ({reason})" for name in MODELS if (reason := load_model(name).missing())]
    return [Finding("hint", f"these models are not here: {', '.join(missing)}", "")] if missing else []
