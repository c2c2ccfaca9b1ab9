"""What a report concludes, for programs: findings, verdicts and the noise floor, as the page and the terminal say them.

`report.json` beside the page. Ratios are numbers of at least six digits, not the page's text; null where there are too few
rounds for an interval. Nothing here decides anything: it is a view, like the page.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.analysis.claims.claim import Told
from bench.analysis.noise import Noise
from bench.analysis.statistics import Estimate
from bench.analysis.verdicts import Verdict
from bench.report.document import Document, Number
from bench.report.figures import Run
from bench.report.parts.answer import PART as ANSWER
from bench.report.parts.answer import Form
from bench.report.parts.card import PART as CARD
from bench.report.parts.findings import PART as FINDINGS
from bench.report.parts.questions import PART as QUESTIONS
from bench.report.text import digits
from bench.report.views.view import View
from bench.store.atomic import json_text
from bench.store.manifest import JUDGEMENT
from bench.words import Finding

FORMAT = 1  # raised when an entry is renamed or goes; new ones may come
DIGITS = 7  # the last digits of a float may differ between machines that read the same run


def judgement(run: Run, document: Document, findings: Sequence[Finding]) -> dict[str, Any]:
    """Put into plain data what a run's report concludes; `findings`: those that the page shows."""
    manifest = run.manifest
    return {
        "format": FORMAT,
        "id": manifest.id,
        "host": manifest.host,
        "state": manifest.state,
        "trust": {"level": run.trust.level, "reasons": list(run.trust.reasons)},
        "findings": [asdict(finding) for finding in findings],
        "noise": {figure: floor(found) for figure, found in run.noise.items()},
        "verdicts": [entry(verdict) for verdict in run.verdicts],
        "claims": [claim(one) for claims in run.told.values() for one in claims],
        "card": {"head": list(document.of(CARD).card.head), "rows": [list(row) for row in document.of(CARD).card.rows]},
        "page": said(document),
    }


def said(document: Document) -> dict[str, Any]:
    """What the page's answer and its questions say, and every number in them: its text, its value with its interval, its rounds.

    `service`: D and R by N, in seconds, from which the page estimates a service of the reader's own, and the usual one's answer.
    """
    answer, screens = document.of(ANSWER), document.of(QUESTIONS) or ()
    return {
        "title": answer.title,
        "trust": {"level": answer.trust.level, "reasons": list(answer.trust.reasons)},
        "machine": answer.machine,
        "findings": dict(answer.findings),
        "numbers": [told(one) for one in answer.numbers],
        "service": service(answer.service) if answer.service else None,
        "screens": {
            s.id: {"sentences": list(s.sentences), "numbers": [told(one) for one in s.numbers]} for s in screens
        },
    }


def told(one: Number) -> dict[str, Any]:
    """One number of the page. What was asked for, as a number of flows, has a text only."""
    if math.isnan(one.value):
        return {"what": one.what, "text": one.text}
    values = {"value": number(one.value), "low": number(one.low), "high": number(one.high)}
    return {"what": one.what, "text": one.text, "unit": one.unit, **values, "rounds": one.rounds}


def service(form: Form) -> dict[str, Any]:
    """The curves of the reader's own service, and what is said of the usual one: its ends are those of D."""
    return {
        "usual": asdict(form.usual),
        "sentences": list(form.sentences),
        "table": [dict(zip(form.table.head, row, strict=True)) for row in form.table.rows],
        "full_at": [told(one) for one in form.numbers],
        "curves": form.curves,
    }


def floor(found: Noise) -> dict[str, Any]:
    """The noise floor of one figure, and the twins that it comes from."""
    twins = [
        {"block": p.block, "flows": p.flows, "model": p.model, "regime": p.regime, **ratio(p.ratio)}
        for p in found.pairs
    ]
    return {"most": number(found.most), "twins": twins}


def entry(verdict: Verdict) -> dict[str, Any]:
    """One comparison: where, of what, the ratio with its interval, and what is said of it. `each_s`: of time, what the two
    differ by for each op of a flow, seconds; `early`: which of them wait less than they are asked to.
    """
    return {
        "block": verdict.block,
        "workload": verdict.workload,
        "flows": verdict.flows,
        "figure": verdict.figure,
        "model": verdict.model,
        "reference": verdict.reference,
        **ratio(verdict.ratio),
        "p": number(verdict.p),
        "floor": number(verdict.floor),
        "each_s": number(verdict.each_s),
        "early": list(verdict.early),
        "different": verdict.different,
        "withheld": verdict.withheld,
        "sentence": verdict.sentence,
    }


def claim(one: Told) -> dict[str, Any]:
    """A cause that held, with the figure and the control that it rests on, in the units of its text."""
    return {
        "workload": one.claim.workload,
        "flows": one.flows,
        "sentence": one.words(digits),
        "figure": number(one.figure),
        "control": number(one.control),
        "tolerance": one.claim.tolerance,
        "agrees": one.claim.agrees,
    }


def ratio(found: Estimate) -> dict[str, Any]:
    """A ratio, its interval and the rounds it is from."""
    return {
        "ratio": number(found.value),
        "low": number(found.low),
        "high": number(found.high),
        "rounds": found.rounds,
    }


def number(value: float) -> float | None:
    """A float with as many digits as are the same everywhere; None for what JSON has no word for."""
    return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None


def render(run: Run, document: Document, folder: Path) -> str:  # noqa: ARG001
    """The conclusions, as JSON."""
    return json_text(judgement(run, document, document.of(FINDINGS)))


VIEW = View("json", JUDGEMENT, render)
