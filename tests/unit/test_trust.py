"""Trust: what each finding makes of it, by how many of the judged cells it names."""

from __future__ import annotations

import pytest

from bench.analysis.findings import FINDINGS, find_by_name
from bench.analysis.findings.facts import Facts
from bench.analysis.frames import frame
from bench.analysis.trust import LACKS, TABLE, Trust, graded, trust, weight
from bench.store.records import Record
from bench.words import Finding
from tests.support.records import rounds_of
from tests.support.runs import make_manifest

ROUNDS = 8


def quiet(rounds: int = ROUNDS, steal: float = 0.0) -> list[Record]:
    """Two models and a twin in one block."""
    found = []
    for name in ("sleep/thread/100", "sleep/asyncio/100", "sleep/thread/100?twin=1"):
        stolen = steal if name == "sleep/thread/100" else 0.0
        found += rounds_of(name, [0.2 + i / 10000 for i in range(rounds)], steal=stolen)
    return found


def of(records: list[Record], **changes: object) -> Trust:
    facts = Facts(frame(records), make_manifest(records, **changes))
    return trust(facts, find_by_name(facts))


def test_a_quiet_run_with_twins_is_good() -> None:
    assert of(quiet()) == Trust("good")


def test_too_few_rounds_and_no_twin_are_said() -> None:
    found = of(quiet(rounds=3))
    assert found.level == "poor"
    assert any("too few rounds" in reason for reason in found.reasons)
    assert any("noise floor is not known" in reason for reason in found.reasons)
    without = of([r for r in quiet() if "twin" not in r.cell.name])
    assert (without.level, len(without.reasons)) == ("fair", 1)


def test_a_run_that_is_not_to_judge_is_poor() -> None:
    assert of(quiet(), verdicts=False).level == "poor"


def test_a_finding_weighs_by_the_share_of_the_judged_cells_that_it_names() -> None:
    found = of(quiet(steal=0.1))
    assert found == Trust("fair", ("the hypervisor took part of the core in 50 % of the judged cells",))
    judged = frozenset(f"cell {n}" for n in range(20))
    assert weight([Finding("warning", "some", "", ("cell 1", "a cell that nobody judges"))], judged) == 1 / 20
    assert weight([Finding("hint", "some", "", ("cell 1",))], judged) == 0
    assert weight([Finding("warning", "the whole run")], judged) == 1


@pytest.mark.parametrize(
    ("share", "worst", "grade"),
    [(0.1, "poor", "good"), (0.2, "poor", "fair"), (0.6, "poor", "poor"), (1, "fair", "fair")],
)
def test_the_grade_of_a_share(share: float, worst: str, grade: str) -> None:
    assert graded(share, worst) == grade  # type: ignore[arg-type]


def test_every_row_is_about_a_finding_that_there_is() -> None:
    assert {row.finding for row in TABLE} <= {*FINDINGS, *LACKS}
