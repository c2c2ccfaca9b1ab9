"""`list`: what there is, what can run here, and if not, why."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from typing import Any

from bench.commands.status import OK
from bench.presets import PRESETS
from bench.words import Cell

HELP = "workloads, models, what can run here, and if not, why"

Entries = dict[str, dict[str, Any]]  # what is said of each, by its name


def options(parser: ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("--json", action="store_true", help="for programs")


def act(options: Namespace) -> int:
    """Say what there is and what can run here."""
    content = {"workloads": workloads(), "models": models(), "cells": cells_of_presets()}
    if options.json:
        print(json.dumps(content, indent=1))
    else:
        print("\n".join(lines(content)))
    return OK


def lines(content: dict[str, Entries]) -> Iterable[str]:
    """The same for people."""
    yield "workloads"
    for name, entry in content["workloads"].items():
        yield f"  {name:12} {entry['about']}"
    yield "models"
    for name, entry in content["models"].items():
        missing = f"  [not here: {entry['not_here']}]" if entry["not_here"] else ""
        yield f"  {name:12} {entry['kind']:7} {entry['about']}{missing}"
    yield "presets"
    for preset in PRESETS.values():
        count = sum(preset.name in entry["presets"] for entry in content["cells"].values())
        yield f"  {preset.name:12} {count} cells, at most {preset.budget_s:.0f} s: {preset.about}"
    for name, entry in content["cells"].items():
        if entry["not_here"]:
            yield f"  not here: {name}: {entry['not_here']}"


def models() -> Entries:
    """Every model, and why it is not here if it is not."""
    from bench.models import MODELS, load_model

    entries: Entries = {}
    for name in MODELS:
        model = load_model(name)
        entries[name] = {"kind": model.kind, "about": model.about, "not_here": model.missing()}
    return entries


def workloads() -> Entries:
    """Every workload, in its own words."""
    from bench.workloads import WORKLOADS, load_workload

    entries: Entries = {}
    for name in WORKLOADS:
        w = load_workload(name)
        entries[name] = {"about": w.about, "shows": w.shows, "measure": w.measure, "parameters": dict(w.parameters)}
    return entries


def cells_of_presets() -> Entries:
    """Every cell of every preset, and the reason if it cannot run here."""
    from bench.campaign.runnable import reason_not_to_run
    from bench.cells import parameters

    presets: dict[Cell, list[str]] = {}
    for preset in PRESETS.values():
        for cell in dict.fromkeys(cell for row in preset.rows for cell in row.cells()):
            presets.setdefault(cell, []).append(preset.name)
    return {
        cell.name: {"parameters": parameters(cell), "presets": names, "not_here": reason_not_to_run(cell)}
        for cell, names in presets.items()
    }
