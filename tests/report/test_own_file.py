"""What the page says of a workload that is the reader's own: what is sure, what is not, and what else differs than the model."""

from __future__ import annotations

from typing import Any

import pytest

from bench.report.compose import document
from bench.report.parts.answer import PART as ANSWER
from bench.report.parts.guarantees import PART as GUARANTEES
from bench.report.parts.questions import PART as QUESTIONS
from bench.report.parts.trust import PART as TRUST
from bench.report.parts.verdicts import PART as VERDICTS
from bench.store.records import Record
from tests.support.records import rounds_of
from tests.support.runs import make_manifest

UNLIKE = "requests blocks, aiohttp awaits"


def records(asyncio: dict[str, Any] | None = None, **changes: Any) -> list[Record]:
    """Two models of a user's file in eight rounds, a factor of two apart; `asyncio`: what only the second one's records have."""
    both = {"results": "0000000a", **changes}
    cases = (("thread", 1e-3, both), ("asyncio", 2e-3, both | (asyncio or {})))
    return [
        record
        for model, demand_s, figures in cases
        for record in rounds_of(f"mine/{model}/100", [1.0] * 8, [demand_s * (1 + i / 1e4) for i in range(8)], **figures)
    ]


def content(part: Any, made: list[Record], unlike: str = "") -> Any:
    manifest = make_manifest(made)
    manifest.about["unlike"] = {"mine": unlike}
    manifest.about["sides"] = {"thread": "blocking", "asyncio": "coroutine"}
    return document(manifest, made).of(part)


def sure(made: list[Record], unlike: str = "") -> dict[str, str]:
    (table,) = content(GUARANTEES, made, unlike)
    return {row[0]: row[1] for row in table.rows}


def test_each_property_that_the_suite_s_workloads_have_is_answered() -> None:
    answers = sure(records(server_busy=0.4))
    assert answers == {
        "All models return the same results": "yes",
        "All models return as much data": answers["All models return as much data"],
        "The bodies are the same but for await": "yes",
        "Each op's wait is known": answers["Each op's wait is known"],
        "The measured core is the flows' alone": "yes",
        "The server is on another core": "yes",
    }


@pytest.mark.parametrize(
    ("made", "unlike", "what", "said"),
    [
        (records(asyncio={"results": "0000000b"}), "", "All models return the same results", "no"),
        (records(results=float("nan")), "", "All models return the same results", "not known"),
        (records(), UNLIKE, "The bodies are the same but for await", "no"),
        (records(late_samples=0), "", "Each op's wait is known", "not known"),
        (records(beside="redis-server", beside_s=0.2), "", "The measured core is the flows' alone", "no"),
        (records(cpus_seen="0,1"), "", "The measured core is the flows' alone", "no"),
        (records(asyncio={"bytes_done": 7}), "", "All models return as much data", "no"),
    ],
)
def test_what_does_not_hold_is_said(made: list[Record], unlike: str, what: str, said: str) -> None:
    assert sure(made, unlike)[what] == said


def test_the_suite_s_own_workloads_are_not_asked() -> None:
    made = rounds_of("sleep/thread/100", [1.0] * 3)
    assert document(make_manifest(made), made).of(GUARANTEES) is None


def test_a_verdict_between_bodies_that_differ_says_how_they_differ() -> None:
    for unlike in (UNLIKE, ""):
        groups = content(VERDICTS, records(), unlike).headlines
        said = [sentence for group in groups for sentence in group.sentences]
        assert said
        assert all((f"; model and body differ: {UNLIKE}." in sentence) == bool(unlike) for sentence in said)


def test_a_few_rounds_are_described_with_how_the_bodies_differ() -> None:
    made = [record for record in records() if record.round <= 3]
    (screen,) = (one for one in content(QUESTIONS, made, UNLIKE) if one.id == "own-mine")
    assert any(f"; model and body differ: {UNLIKE}. Too few rounds to judge." in said for said in screen.sentences)


def test_no_verdict_is_given_where_ops_returned_different_results() -> None:
    groups = content(VERDICTS, records(asyncio={"results": "0000000b"})).headlines
    said = [sentence for group in groups for sentence in group.sentences]
    assert said
    assert all("their ops returned different results for the same tasks" in sentence for sentence in said)


def named(model: str, library: str, demand_s: float) -> list[Record]:
    """Eight rounds of a model with a library; D is a little different in each."""
    demands_s = [demand_s * (1 + i / 1e4) for i in range(8)]
    return rounds_of(f"mine/{model}/100?body={library}", [1.0] * 8, demands_s, body=library, results="0000000a")


def test_the_library_s_part_and_the_model_s_are_told_apart_where_one_of_both_is_the_same() -> None:
    made = [*named("thread", "a", 1e-3), *named("thread", "b", 3e-3), *named("asyncio", "b", 6e-3)]
    manifest = make_manifest(made, models=["thread with a", "thread with b", "asyncio with b"])
    for said in ("models", "kinds"):
        manifest.about[said] = {name: manifest.about[said][name.partition(" ")[0]] for name in manifest.models}
    doc = document(manifest, made)
    (screen,) = (one for one in doc.of(QUESTIONS) or () if one.id == "own-mine")
    assert "The model's part at 100 flows, with b under both: asyncio against thread 2.0 times (2.0–2.0)." in (
        screen.sentences
    )
    assert doc.of(ANSWER).title == (
        "Threads or async? At 100 flows of mine thread with b and asyncio with b need more CPU than thread with a"
    )
    assert "The library's part at 100 flows, under thread: b against a 3.0 times (3.0–3.0)." in screen.sentences
    assert not any("too few rounds" in reason for reason in doc.of(TRUST).trust.reasons)
