"""The first screen: the answer, how far to trust it, what was found, the picture, and the reader's own service."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from bench.analysis.trust import Trust
from bench.analysis.whatif import Curve, Service, full_core, what_if
from bench.report import service
from bench.report.document import Dots, Number, Part, Table
from bench.report.figures import Run
from bench.report.questions import QUESTIONS, first
from bench.report.questions.question import FIRST
from bench.report.quotes import Quotes
from bench.report.text import digits

TEMPLATE = """\
{% from "macros.html" import table %}
<section id="answer" class="answer" aria-label="Answer">
<p class="facts">{{ content.machine }} · <a class="trust {{ content.trust.level }}" href="#trust">Trust: {{ content.trust.level }}</a></p>
<ul class="found">{% for label, text in content.findings %}<li><b>{{ label }}:</b> {{ text }}</li>{% endfor %}</ul>
{% if content.missing %}<p class="note">{{ content.missing }}</p>{% endif %}
<div class="pair">
{% if content.picture %}
<figure><figcaption>{{ content.picture.title }}</figcaption>
{{ draw(content.picture) }}
<details><summary>How to read this</summary><p>{{ content.picture.how_to_read }}</p></details>
</figure>
{% endif %}
{% if content.service %}
{% set s = content.service %}
<form class="service" id="my-service" aria-labelledby="my-service-title" data-flows="{{ s.flows_word }}">
<h2 id="my-service-title">My service</h2>
<p class="inputs"><label>{{ s.flows_word }} <input name="flows" type="number" min="1" max="10000000" value="{{ s.usual.flows }}"></label>
<label>wait, ms <input name="wait" type="number" min="0.001" step="any" value="{{ "%g" | format(s.usual.wait_s * 1000) }}"></label>
<label>own CPU, µs <input name="own" type="number" min="0" step="any" value="{{ "%g" | format(s.usual.own_s * 1000000) }}"></label>
<label>cores <input name="cores" type="number" min="1" max="100000" value="{{ s.usual.cores }}"></label> <button type="submit">Estimate</button></p>
<div class="said" aria-live="polite">{% for sentence in s.sentences %}<p>{{ sentence }}</p>{% endfor %}</div>
<table><caption class="unseen">By model</caption><thead><tr>{% for i in s.columns %}<th scope="col">{{ s.table.head[i] }}</th>{% endfor %}</tr></thead>
<tbody>{% for row in s.table.rows %}<tr><th scope="row">{{ row[0] }}</th>{% for i in s.columns[1:] %}<td>{{ row[i] }}</td>{% endfor %}</tr>{% endfor %}</tbody></table>
<details><summary>Other cases</summary><p>{{ s.source }}</p>{{ table(s.common) }}</details>
<script type="application/json">{{ s.curves | tojson }}</script>
</form>
{% endif %}
</div>
</section>
"""
SHOWN = (0, 2, 3, 5, 6)  # columns of the service's table that the form has room for
MOST_MODELS = 5


@dataclass(frozen=True)
class Form:
    """The reader's own service: the usual one, what is said of it, other cases, and the curves for the script."""

    flows_word: str
    usual: Service
    table: Table
    sentences: tuple[str, ...]
    common: Table
    curves: list[dict[str, Any]]
    source: str
    numbers: tuple[Number, ...]
    columns: tuple[int, ...] = SHOWN


@dataclass(frozen=True)
class Answer:
    """What the first screen says. `numbers`: every number in it."""

    title: str
    machine: str
    trust: Trust
    findings: tuple[tuple[str, str], ...]
    picture: Dots | None
    service: Form | None
    missing: str
    numbers: tuple[Number, ...]


def make(run: Run) -> Answer:
    """Answer for a run."""
    q = Quotes()
    return Answer(
        title=first.title(run, q),
        machine=machine(run),
        trust=run.trust,
        findings=first.findings(run, q),
        picture=first.picture(run, q),
        service=form(run),
        missing=missing(run),
        numbers=tuple(q.numbers),
    )


def machine(run: Run) -> str:
    """What ran, where and when, in a line."""
    m, env = run.manifest, run.manifest.environment
    virtual = " (VM)" if env["machine"].get("virtual machine") == "yes" else ""
    gil = "" if env["interpreter"].get("gil", True) else ", free-threaded"
    python = f"{env['interpreter']['implementation']} {env['interpreter']['python']}{gil}"
    rounds = f"{'1 round' if m.rounds == 1 else f'up to {m.rounds} rounds'} in {m.elapsed_s:.0f} s"
    state = "" if m.state == "complete" else f", {m.state}"
    return f"{env['machine'].get('CPU', 'unknown CPU')}{virtual} · {python} · {m.started_utc[:10]} · {rounds}{state}"


def missing(run: Run) -> str:
    """What this run has no answer to, and the command that measures it."""
    measured = set(run.table["workload"]) if len(run.table) else set()
    names = [question.short.lower() for question in QUESTIONS if not measured & set(question.workloads)]
    if not names:
        return ""
    return f"Not measured here: {', '.join(names)}. `make bench` measures them.".replace("`", "")


def form(run: Run) -> Form | None:
    """The reader's own service, by the most usual workload of the run."""
    known = service.workloads(run)
    if not known:
        return None
    workload = known[0]
    curves = service.curves(run, workload)
    chosen = sorted(curves, key=lambda curve: curve.model not in FIRST)[:MOST_MODELS]
    curves = [curve for curve in curves if curve in chosen]
    word = service.flows_word(workload)
    table, sentences = service.said(curves, service.USUAL, word)
    source = service.SOURCE.format(workload=workload, run=run.manifest.id)
    return Form(
        word,
        service.USUAL,
        table,
        sentences,
        common(curves, word),
        service.data(curves),
        source,
        full_at(run, workload, curves),
    )


def full_at(run: Run, workload: str, curves: Sequence[Curve]) -> tuple[Number, ...]:
    """N* of the usual service by model, with the ends that follow from those of D."""
    found = []
    for curve in curves:
        ends = []
        for end in ("value", "high", "low"):
            demand = run.demand_s(workload, curve.model, end)
            ends.append(full_core(replace(curve, demand_s={n: demand[n] for n in curve.demand_s}), service.USUAL))
        rounds = run.figure(workload, curve.model, max(curve.demand_s), "D")
        found.append(
            Number(
                f"N*, {curve.model}",
                digits(ends[0], 2),
                "flows",
                ends[0],
                ends[1],
                ends[2],
                rounds.rounds if rounds is not None else 0,
            )
        )
    return tuple(found)


def common(curves: Sequence[Curve], word: str) -> Table:
    """How busy one core is in some common cases: what a reader without scripts has instead of the form."""
    rows = []
    for case in service.COMMON:
        own = f", own CPU {case.own_s * 1e6:g} µs" if case.own_s else ""
        shares = [service.per_cent(what_if(curve, case).core_use) for curve in curves]
        rows.append((f"{case.flows:,} {word}, wait {case.wait_s * 1e3:g} ms{own}", *shares))
    return Table("How busy one core is", ("case", *(curve.model for curve in curves)), tuple(rows))


PART = Part("answer", "Answer", 10, make, TEMPLATE)
