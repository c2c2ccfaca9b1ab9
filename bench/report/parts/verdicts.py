"""Which models differ, in words and in a table of all ratios."""

from __future__ import annotations

from dataclasses import dataclass

from bench.analysis.verdicts import Verdict
from bench.report.document import Group, Part, Table
from bench.report.figures import Run
from bench.report.sentences import headlines, shown
from bench.report.text import BLANK, digits

TEMPLATE = """\
{% from "macros.html" import anchor, table, sentences %}
<section id="verdicts">
<h2>Verdicts {{ anchor("verdicts", "Verdicts") }}</h2>
{% if content.headlines %}
<div class="columns">
{% for group in content.headlines %}
<div><h3>{{ group.title }}</h3>{{ sentences(group) }}</div>
{% endfor %}
</div>
<p class="note">A verdict says that two models differ only where the 95 % interval of their ratio leaves out 1, where it still does so as one of all the ratios of this run (Benjamini &amp; Hochberg 1995: of the differences called so, at most one in twenty is expected to be none), and where the ratio is beyond the noise floor, which is what cells that were measured twice differed from themselves.</p>
{% else %}
<p>This run has too few rounds for verdicts. <code>make bench</code> takes enough.</p>
{% endif %}
{% if content.ratios.rows %}
<details><summary>All ratios</summary>
{{ table(content.ratios) }}
</details>
{% endif %}
</section>
"""


@dataclass(frozen=True)
class Verdicts:
    """Verdicts against the first concurrent model, and every ratio."""

    headlines: tuple[Group, ...]
    ratios: Table


def make(run: Run) -> Verdicts:
    """Say which models differ in a run."""
    return Verdicts(headlines(run), ratios(run))


def ratios(run: Run) -> Table:
    """Every pair at many flows, or of workloads that never have many, both figures, with intervals."""
    by_pair: dict[tuple[str, str, str], dict[str, Verdict]] = {}
    for v in run.verdicts:
        if shown(run, v):
            by_pair.setdefault((v.block, v.model, v.reference), {})[v.figure] = v
    rows = []
    for (block, model, reference), both in by_pair.items():
        texts = []
        for figure in ("D", "T"):
            r = both[figure].ratio if figure in both else None
            if r is None:
                texts += [BLANK, BLANK]
            else:
                known = r.has_interval
                texts += [
                    f"{r.value:.3f}" if known else digits(r.value, 2),
                    f"{r.low:.3f} to {r.high:.3f}" if known else BLANK,
                ]
        rows.append((block, f"{model} / {reference}", *texts, str(max(v.ratio.rounds for v in both.values()))))
    head = ("block", "models", "CPU per op, ratio", "95 % interval", "time, ratio", "95 % interval", "rounds")
    note = (
        "Ratios are taken inside each round, between cells that ran next to each other, in random order, and their centre is told: "
        "that is not the quotient of the two medians."
    )
    return Table("Ratios between models", head, tuple(rows), note)


PART = Part("verdicts", "Verdicts", 55, make, TEMPLATE, page="cells")
