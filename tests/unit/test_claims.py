"""A claim is told only where its control agrees: each control is turned around, and the claim must go."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd
import pytest

from bench.analysis.claims import CLAIMS, FILES
from bench.analysis.claims.claim import Claim, Reading, held, told
from bench.analysis.findings.facts import Facts
from bench.analysis.frames import frame
from bench.report.workloads.older import MEASURES
from tests.support import gallery
from tests.support.records import rounds_of
from tests.support.runs import make_manifest

ROOT = Path(__file__).resolve().parents[2]
IDS = [f"{claim.workload}: {claim.figure.figure} of {claim.figure.model}, {i}" for i, claim in enumerate(CLAIMS)]


def values(claim: Claim) -> dict[Reading, float]:
    """Figures with which a claim holds: of each pair that it explains the first is the larger one, and so is its figure."""
    found: dict[Reading, float] = {}
    order = [reading for more, less in claim.effects for reading in (more, less)]
    for place, reading in enumerate(dict.fromkeys(order)):
        found[reading] = 1000.0 / 10**place
    figure, control = (10.0, 10.0) if claim.agrees == "equal" else (1000.0, 1.0)
    found[claim.figure] = max(found.get(claim.figure, 0.0), figure)
    found[claim.control] = min(found.get(claim.control, control), control)
    return found


def reading_of(found: Mapping[Reading, float]) -> Callable[[Reading], float]:
    return lambda reading: found.get(reading, math.nan)


@pytest.mark.parametrize("claim", CLAIMS, ids=IDS)
def test_a_claim_holds_and_goes_when_its_control_is_turned_around(claim: Claim) -> None:
    found = values(claim)
    assert held(claim, reading_of(found), gil=True) is not None
    turned = {**found, claim.control: found[claim.figure] * 100}
    assert held(claim, reading_of(turned), gil=True) is None


@pytest.mark.parametrize("claim", CLAIMS, ids=IDS)
def test_a_claim_goes_where_its_control_was_not_measured(claim: Claim) -> None:
    found = values(claim)
    del found[claim.control]
    assert held(claim, reading_of(found), gil=True) is None


@pytest.mark.parametrize("claim", [claim for claim in CLAIMS if claim.effects])
def test_a_claim_goes_where_there_is_nothing_to_explain(claim: Claim) -> None:
    more, less = claim.effects[0]
    found = values(claim)
    assert held(claim, reading_of({**found, more: 0.0, less: 1e6}), gil=True) is None


def test_claims_about_the_gil_go_with_it() -> None:
    about = [claim for claim in CLAIMS if "GIL" in claim.text]
    assert about
    assert all(claim.gil for claim in about)
    assert all(held(claim, reading_of(values(claim)), gil=False) is None for claim in about)


def test_a_figure_that_is_measured_needs_three_rounds() -> None:
    records = rounds_of("handoff/asyncio/2", [0.1] * 3, [5e-6] * 3) + rounds_of(
        "handoff/uvloop/2", [0.1] * 3, [2e-6] * 3
    )
    for kept, count in ((records, 1), (records[:-1], 0)):
        found = told(CLAIMS, Facts(frame(kept), make_manifest(kept)), "handoff")
        assert len(found) == count


def test_every_file_has_claims_and_every_text_both_values() -> None:
    assert len(set(FILES)) == len(FILES)
    assert all("{figure}" in claim.text and "{control}" in claim.text for claim in CLAIMS)


@pytest.mark.parametrize("folder", gallery.RUNS, ids=lambda folder: folder.name)
def test_every_claim_of_a_run_in_the_gallery_goes_with_its_control(folder: Path) -> None:
    manifest, table = gallery.run(folder).manifest, frame(gallery.run(folder).records, MEASURES)
    for workload in manifest.workloads:
        for one in told(CLAIMS, Facts(table, manifest), workload):
            turned = with_control(table, one.claim, one.figure * 100)
            assert told([one.claim], Facts(turned, manifest), workload) == []


def with_control(table: pd.DataFrame, claim: Claim, value: float) -> pd.DataFrame:
    """The table with a claim's control replaced by a value."""
    control = claim.control
    cells = (
        (table["workload"] == (control.workload or claim.workload))
        & (table["model"] == control.model)
        & (table["suffix"] == control.suffix)
    )
    return table.assign(**{control.figure: table[control.figure].where(~cells, value / control.scale)})
