"""Does a report say what its raw records say? `python scripts/truth.py RUN [RUN ...]` computes it all again, with code of its own.

Strategy: nothing of the suite is imported. The raw records are read as plain JSON, and report.json is held against them. Of a
verdict that is its ratio, its interval, its p as one of many, and whether it differs. Of a claim, its figure and its control: are
they medians of this run, and do they stand to each other as it says? Pairs of twins and every figure of the card are looked at,
too. The statistics are in truth_numbers.py, the card in truth_card.py. Exit status: 0 if all agree, 1 if anything does not, 2 where a run cannot be read.
"""

from __future__ import annotations

import json
import math
import re
import sys
import tarfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.truth_card import CARD, Records, agrees
from scripts.truth_numbers import LEVEL, NAN, times

CLOSE = 2e-6  # report.json keeps seven digits
ENOUGH_QUIET = 6
MADE, MEMORY = "create + join", "memory"
FULL_NOISE, EARLY_SHARE, EARLY_S = 0.95, 0.01, 1e-3

Row = dict[str, Any]


def texts_of(folder: Path) -> list[tuple[str, bytes]]:
    """Every record of a run, its name and its text, from the folder `raw` or from the archive that it was packed into."""
    archive = folder / "raw.tar.xz"
    if not archive.exists():
        return [(path.stem, path.read_bytes()) for path in sorted((folder / "raw").glob("*.json"))]
    with tarfile.open(archive) as tar:
        found = [(Path(one.name).stem, tar.extractfile(one)) for one in tar if one.isreg()]
        return sorted((name, file.read()) for name, file in found if file)


def rows_of(folder: Path, manifest: Mapping[str, Any]) -> list[Row]:
    """Every record that counts, as its metadata with T, D and where it belongs."""
    out = {one["id"] for one in manifest["void"]} | set(manifest["superseded"])
    found = []
    for name, text in texts_of(folder):
        suite = json.loads(text)
        (benchmark,) = suite["benchmarks"]
        (run,) = benchmark["runs"]
        row = {**suite.get("metadata", {}), **benchmark.get("metadata", {}), **run.get("metadata", {})}
        if name in out or row.get("void"):
            continue
        row["T"] = run["values"][0] * row.get("inner_loops", 1)
        found.append(placed(row))
    disturbed = {(one["block"], one["round"]) for one in manifest["disturbed"] if not one["again"]}
    quiet: dict[str, int] = defaultdict(int)
    for row in found:
        quiet[row["cell"]] += (row["whole_block"], row["round"]) not in disturbed
    needed = {(row["whole_block"], row["round"]) for row in found if quiet[row["cell"]] < ENOUGH_QUIET}
    kept = [row for row in found if (row["whole_block"], row["round"]) not in disturbed - needed]
    asked = {one["cell"] for one in manifest["scale"]}
    return [measured(row) for row in kept if row["cell"] not in asked]


def placed(row: Row) -> Row:
    """Add where a record belongs: its cell's name, its block, and its parameters. A twin is a model of its own."""
    row["cell"] = row.get("cell", row["name"])
    head, _, text = row["cell"].partition("?")
    workload, model, flows = head.split("/")
    parameters = [part for part in text.split("&") if part]
    row["whole_block"] = f"{workload}/{flows}" + (
        f"?{'&'.join(p)}" if (p := [x for x in parameters if x != "twin=1"]) else ""
    )
    row["block"] = row["whole_block"]
    row["suffix"] = row["block"].partition("?")[2]
    if row.get("twin") == 1:
        model += " (twin)"
    row["who"] = model
    return row


def measured(row: Row) -> Row:
    """Add what is derived: CPU per op, time to make flows, switches per op."""
    ops, measure = row["ops_done"], row.get("measure") or {"create": MADE, "park": MEMORY}.get(row["workload"], "work")
    if measure == MADE:
        row["T"] = row.get("create_s", NAN) + row.get("join_s", NAN)
    cpu = NAN if measure in {MADE, MEMORY} else row.get("cpu_s", NAN)
    if measure == MEMORY:
        row["T"] = NAN
    row["cpu_s"] = cpu
    running = row.get("running_ops")
    if row.get("schema", 1) < 2 or running is None:
        row["D"] = cpu / ops if ops else NAN
    else:
        row["D"] = (cpu - row.get("start_cpu_s", NAN)) / running if 2 * running >= ops and running else NAN
    for name, of in (("voluntary_per_op", ("switches_voluntary",)), ("involuntary_per_op", ("switches_involuntary",)),
                     ("switches_per_op", ("switches_voluntary", "switches_involuntary"))):  # fmt: skip
        row[name] = sum(row.get(key, NAN) for key in of) / ops if ops else NAN
    row["create_per_flow_s"] = row.get("create_s", NAN) / row["flows"]
    quarters = [row.get(f"D{i}", NAN) for i in (1, 2, 3, 4)]
    row["later"] = sum(quarters[1:]) / 3 / quarters[0] if quarters[0] else NAN
    return row


def pairs(rows: Sequence[Row], figure: str, model: str, reference: str) -> tuple[list[float], list[float]]:
    """The two models' figures of the rounds that have both."""
    found: dict[str, dict[int, float]] = {model: {}, reference: {}}
    for row in rows:
        if row["who"] in found and not math.isnan(row[figure]):
            found[row["who"]][row["round"]] = row[figure]
    both = sorted(found[model].keys() & found[reference].keys())
    return [found[model][r] for r in both], [found[reference][r] for r in both]


class Check:
    """What was compared, and what did not agree."""

    def __init__(self) -> None:
        self.agreed = 0
        self.wrong: list[str] = []

    def same(self, what: str, said: Any, found: Any) -> None:
        """Hold one against the other."""
        if isinstance(found, float) and math.isnan(found):
            found = None
        if isinstance(said, float | int) and isinstance(found, float | int) and not isinstance(found, bool):
            agrees = abs(said - found) <= CLOSE * max(abs(said), abs(found))
        else:
            agrees = said == found
        if agrees:
            self.agreed += 1
        else:
            self.wrong.append(f"{what}: the report says {said}, the records say {found}")


def busy(rows: Sequence[Row]) -> Mapping[str, float]:
    """By model the median share of the work phase in which it used the core."""
    shares: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        share = row["cpu_s"] / row["T"]
        if not math.isnan(share):
            shares[row["who"]].append(share)
    return {who: median(values) for who, values in shares.items()}


def regime(shares: Mapping[str, float], *models: str) -> str:
    """Which twins a comparison is held against."""
    return "core full" if any(not shares.get(model, NAN) < FULL_NOISE for model in models) else "waiting"


def check_noise(check: Check, rows: Sequence[Row], said: Mapping[str, Any]) -> Mapping[str, Sequence[Row]]:
    """Every pair of twins again. Returns those that make the floors, by figure."""
    by_block = blocks(rows)
    floors = {}
    for figure in ("D", "T"):
        found = []
        for block, cells in by_block.items():
            for twin in sorted({row["who"] for row in cells if row["who"].endswith(" (twin)") and row["ops_done"]}):
                model = twin.removesuffix(" (twin)")
                mine, theirs = pairs(cells, figure, twin, model)
                if mine:
                    value, low, high, n, _ = times(mine, theirs)
                    which = regime(busy(cells), model, twin)
                    found.append({"block": block, "model": model, "flows": cells[0]["flows"], "regime": which,
                                  "ratio": value, "low": low, "high": high, "rounds": n})  # fmt: skip
        kept = [one for one in found if not math.isnan(one["low"])] or found
        floors[figure] = kept
        theirs_ = {(one["block"], one["model"]): one for one in (said.get(figure) or {"twins": []})["twins"]}
        check.same(f"twins of {figure}", sorted(theirs_), sorted((one["block"], one["model"]) for one in kept))
        for one in kept:
            for key in ("ratio", "low", "high", "rounds"):
                check.same(f"twin {one['block']} {one['model']} {figure} {key}",
                           theirs_.get((one["block"], one["model"]), {}).get(key), one[key])  # fmt: skip
    return floors


def floor(twins: Sequence[Row], flows: int, which: str) -> float:
    """The largest ratio between twins of a regime: of those with so many flows, if there are any."""
    alike = [one for one in twins if one["regime"] == which]
    near = [one for one in alike if one["flows"] == flows] or alike
    return max((math.exp(abs(math.log(one["ratio"]))) for one in near), default=1.0)


def blocks(rows: Sequence[Row]) -> Mapping[str, list[Row]]:
    """Records by block."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["block"]].append(row)
    return found


def timers(cells: Sequence[Row], model: str, reference: str, value: float) -> float:
    """How many times apart two models may be because the faster one's timers end early."""
    faster = model if value < 1 else reference
    shares = [row["early_ops"] / row["ops_done"] for row in cells if row["who"] == faster and "early_ops" in row]
    if not shares or median(shares) <= EARLY_SHARE:
        return 1.0
    each = [median(row["T"] / row["ops_per_flow"] for row in cells if row["who"] == who) for who in (model, reference)]
    return float(1 + EARLY_S / min(each))


def check_verdicts(check: Check, rows: Sequence[Row], report: Mapping[str, Any], *, judged: bool) -> None:
    """Every comparison again; then p as one of many, and whether the two differ."""
    floors, by_block = check_noise(check, rows, report["noise"]), blocks(rows)
    alone, all_floors = {}, {}
    for one in report["verdicts"]:
        name = f"{one['block']} {one['figure']} {one['model']} against {one['reference']}"
        cells = [row for row in by_block[one["block"]] if row["ops_done"]]
        mine, theirs = pairs(cells, one["figure"], one["model"], one["reference"])
        if not mine:
            check.wrong.append(f"{name}: the records have no round of both")
            continue
        value, low, high, n, p = times(mine, theirs)
        for key, found in (("ratio", value), ("low", low), ("high", high), ("rounds", n)):
            check.same(f"{name}: {key}", one[key], found)
        least = floor(floors[one["figure"]], one["flows"], regime(busy(cells), one["model"], one["reference"]))
        if one["figure"] == "T":
            least = max(least, timers(cells, one["model"], one["reference"], value))
        check.same(f"{name}: floor", one["floor"], least)
        all_floors[name] = least
        if not math.isnan(low) and not one["withheld"]:
            alone[name] = (p, value, low, high, one)
    order = sorted(alone, key=lambda name: alone[name][0])
    adjusted, least_p = {}, 1.0
    for rank in range(len(order), 0, -1):
        least_p = min(least_p, alone[order[rank - 1]][0] * len(order) / rank)
        adjusted[order[rank - 1]] = least_p
    for name, (_, value, low, high, one) in alone.items():
        check.same(f"{name}: p", one["p"], adjusted[name])
        apart = not low <= 1 <= high and adjusted[name] <= 1 - LEVEL + 1e-12
        differs = judged and apart and abs(math.log(value)) > math.log(all_floors[name])
        check.same(f"{name}: different", one["different"], differs)
        check_sentence(check, name, one)


def check_sentence(check: Check, name: str, one: Mapping[str, Any]) -> None:
    """The numbers in a verdict's sentence are those of its interval."""
    ends = re.search(r"interval(?: of the ratio)?: ([\d.]+) to ([\d.]+)\)", one["sentence"])
    if ends:
        for text, key in zip(ends.groups(), ("low", "high"), strict=True):
            places = len(text.partition(".")[2])
            check.same(f"{name}: {key} in its sentence", text, f"{one[key]:.{places}f}")


def check_claims(check: Check, rows: Sequence[Row], claims: Sequence[Mapping[str, Any]]) -> None:
    """The figure of every claim stands above its control, or equals it, and both are numbers of this run."""
    for one in claims:
        apart = one["figure"] > one["control"] * (1 + one["tolerance"])
        equal = abs(one["figure"] - one["control"]) <= one["tolerance"] * abs(one["control"])
        check.same(
            f"claim {one['sentence'][:60]}: holds", said=True, found=equal if one["agrees"] == "equal" else apart
        )
        there = [row for row in rows if row["flows"] == one["flows"]]
        known = {round(value * scale, 12) for value, scale in medians(there)}
        for part in ("figure", "control"):
            found = any(abs(one[part] - value) <= CLOSE * abs(value) for value in known)
            check.same(
                f"claim {one['sentence'][:60]}: {part} {one[part]} is a median of this run", said=True, found=found
            )


def medians(rows: Sequence[Row]) -> Iterable[tuple[float, float]]:
    """The median of every number of every cell, as it is and in the units that claims have."""
    cells: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        for key, value in {**row, **per_op(row)}.items():
            if isinstance(value, int | float) and not math.isnan(value):
                cells[row["block"], row["who"]][key].append(float(value))
    for figures in cells.values():
        for values in figures.values():
            for scale in (1.0, 1e3, 1e6, 100.0, 1e-3):
                yield median(values), scale


def per_op(row: Row) -> Mapping[str, float]:
    """What claims read beside a record's own figures."""
    ops, t = row["ops_done"], row["T"]
    found = {"work_share": row["cpu_s"] / t if t else NAN}
    if ops:
        found |= {f"{key}/op": value / ops for key, value in row.items() if isinstance(value, int | float)}
    return found


def check_card(check: Check, rows: Sequence[Row], kinds: Mapping[str, str], card: Mapping[str, Any]) -> None:
    """Each row of the card, for each model that it shows."""
    records = Records(rows, kinds)
    for label, *texts in card["rows"]:
        for model, said in zip(card["head"][1:], texts, strict=True):
            if label not in CARD:
                check.wrong.append(f"card: {label}: nobody here knows this row")
                continue
            found = CARD[label](records, model)
            check.same(f"card: {label}, {model}", said, said if agrees(said, found) else str(found))


def checked(folder: Path) -> Check:
    """Hold a run's report against its records. Raises OSError, KeyError and ValueError where they cannot be read."""
    manifest = json.loads((folder / "run.json").read_text())
    report = json.loads((folder / "report.json").read_text())
    rows = rows_of(folder, {"scale": [], "disturbed": [], "superseded": [], "void": [], **manifest})
    check = Check()
    check_verdicts(check, rows, report, judged=manifest["verdicts"])
    check_claims(check, rows, report["claims"])
    check_card(check, rows, manifest["about"]["kinds"], report["card"])
    return check


def main(folders: Sequence[str]) -> int:
    """Check each run; print what does not agree."""
    status = 0
    for folder in folders:
        try:
            check = checked(Path(folder))
        except (OSError, KeyError, ValueError) as error:
            print(
                f"truth: {folder}: {type(error).__name__} {error}: make its report first (make report)", file=sys.stderr
            )
            return 2
        for line in check.wrong:
            print(f"  {line}")
        print(f"{Path(folder).name}: {check.agreed:,} agree, {len(check.wrong)} do not")
        status |= bool(check.wrong)
    return status


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("truth: name a run's folder, or several")
    sys.exit(main(sys.argv[1:]))
