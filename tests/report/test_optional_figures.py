"""A page is made of records that lack any one of the figures that a record may lack: older runs, and other machines', do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bench.figures import RECORDED
from bench.report.compose import document
from bench.report.parts.workloads import PART as WORKLOADS
from bench.report.views import terminal
from bench.store.manifest import Manifest
from bench.store.records import Record
from tests.support import gallery

RUNS = gallery.RUNS
OPTIONAL = tuple(row.name for row in RECORDED if not row.required)


def without(records: Sequence[Record], figures: Collection[str]) -> list[Record]:
    """The records less these figures."""
    return [
        replace(record, metadata={key: value for key, value in record.metadata.items() if key not in figures})
        for record in records
    ]


def thinned(records: Sequence[Record]) -> Iterator[Record]:
    """Of each workload and parameter set two models with a record each, at four numbers of flows: each table has a row."""
    kept: Counter[tuple[str, ...]] = Counter()
    for record in sorted(records, key=lambda one: (one.cell.flows, one.round)):
        cell = record.cell
        place = (cell.workload, cell.suffix.partition("capacity=")[0])
        if kept[*place, cell.model] < (4 if "mem_total_bytes" in record.metadata else 1) and (
            kept[*place, cell.model] or kept[place] < 2
        ):
            kept[place] += not kept[*place, cell.model]
            kept[*place, cell.model] += 1
            yield record


def card_without(manifest: Manifest, records: Sequence[Record], figures: Collection[str]) -> str:
    """The terminal's card of a run without these figures; its document is made."""
    made = document(manifest, without(records, figures))
    assert {section.name for section in made.of(WORKLOADS)} == {record.cell.workload for record in records}
    return terminal.card(made, "index.html")


def test_a_record_may_lack_more_than_half_of_its_figures() -> None:
    assert len(RUNS) >= 3
    assert {"gc_s", "gc_collections", "release_s", "late_histogram", "read_kib"} <= {*OPTIONAL}


def unlike() -> list[Path]:
    """One run of each kind; of one kind are runs of the same workloads whose records have the same optional figures."""
    kinds = {}
    for folder in RUNS:
        run = gallery.run(folder)
        figures = {figure for figure in OPTIONAL if any(figure in record.metadata for record in run.records)}
        kinds[frozenset(run.manifest.workloads), frozenset(figures)] = folder
    return sorted(kinds.values())


# Each figure by itself takes minutes (below); here each is taken together with others that it has little to do with.
AT_A_TIME = 12


def test_a_page_is_made_without_some_optional_figures() -> None:
    for folder in unlike():
        manifest, records = gallery.run(folder).manifest, list(thinned(gallery.run(folder).records))
        assert {record.cell.workload for record in records} == {*manifest.workloads}
        there = [figure for figure in OPTIONAL if any(figure in record.metadata for record in records)]
        apart = -(-len(there) // AT_A_TIME)
        for first in range(apart):
            assert "nan" not in card_without(manifest, records, there[first::apart]).split(), folder


@pytest.mark.long
@pytest.mark.parametrize("figure", OPTIONAL)
@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.name)
def test_a_page_is_made_without_any_one_optional_figure(run: Path, figure: str) -> None:
    manifest = gallery.run(run).manifest
    assert "nan" not in card_without(manifest, gallery.run(run).records, [figure]).split()
