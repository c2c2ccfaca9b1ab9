"""How it was measured, by which models, and what gave nothing to be ranked."""

from __future__ import annotations

from dataclasses import dataclass

from bench.report.document import Part
from bench.report.figures import Run

TEMPLATE = """\
{% from "macros.html" import anchor %}
<section id="how">
<h2>How it was measured {{ anchor("how", "Method") }}</h2>
<p>Each figure comes from fresh processes: one cell (a workload, a model, a number of flows) in one round is one pyperf worker, pinned with <code>os.sched_setaffinity</code> before any flow is born. Flows are created, open their seats, do one untimed op, and park at a gate. The clock runs from the gate's opening to the last flow's own end stamp: that is <var>T</var>. <var>D</var>, CPU per op, is the CPU time of all processes of the cell over the same window, divided by the ops.</p>
<p>In each round all blocks are shuffled, and the models inside each block. Models are compared only inside a block of a round; ratios are estimated by the median of the means of all pairs of rounds, with the interval of the signed-rank test (Hodges and Lehmann); where the rounds of a cell are more than three times apart, and for a figure of one cell, it is the median over rounds, with the interval of Hettmansperger and Sheather. Before it is timed, every process proves on two flows and two ops that it does the workload's work, and afterwards the ledger of every flow is checked against what the workload expects and what the server counted. A cell that did other work is void and is not ranked.</p>
<p>Not all cells are repeated equally: what is judged has most rounds and gets what time is left, what takes seconds a cell has one. Each table says how many. Where flows wait, sequential is measured up to 10 of them, because its time is the sum of all waits, and models whose flows take long to make have fewer than the others: a dash means not measured.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Models"><table><caption>Models</caption><thead><tr><th scope="col">model</th><th scope="col" class="text">kind</th><th scope="col" class="text">what it is</th></tr></thead><tbody>
{% for name, kind, about in content.models %}
<tr><th scope="row">{{ name }}</th><td class="text">{{ kind }}</td><td class="text">{{ about }}</td></tr>
{% endfor %}
</tbody></table></div>
{% if content.void %}
<h3>Void</h3>
<ul>{% for cell, reason in content.void %}<li><code>{{ cell }}</code>: {{ reason }}</li>{% endfor %}</ul>
{% endif %}
{% if content.not_run %}
<h3>Not run</h3>
<ul>{% for cell, reason in content.not_run %}<li><code>{{ cell }}</code>: {{ reason }}</li>{% endfor %}</ul>
{% endif %}
</section>
"""


@dataclass(frozen=True)
class How:
    """The models with their kinds and what they are, and the cells that are void or were not run, with the reasons."""

    models: tuple[tuple[str, str, str], ...]
    void: tuple[tuple[str, str], ...]
    not_run: tuple[tuple[str, str], ...]


def make(run: Run) -> How:
    """Say how a run was measured."""
    manifest = run.manifest
    superseded = set(manifest.superseded)
    return How(
        models=tuple((m, manifest.about["kinds"][m], manifest.about["models"][m]) for m in manifest.models),
        void=tuple((v.cell, v.reason) for v in manifest.void if v.id not in superseded),
        not_run=tuple((entry.cell, entry.reason) for entry in manifest.not_run),
    )


PART = Part("how", "Method", 40, make, TEMPLATE)
