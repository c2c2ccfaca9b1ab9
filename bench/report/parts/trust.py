"""Can this run be trusted: a word, and the reasons."""

from __future__ import annotations

from dataclasses import dataclass

from bench.analysis.trust import Trust
from bench.report.document import Part
from bench.report.figures import Run
from bench.report.sentences import noise_floor

TEMPLATE = """\
{% from "macros.html" import anchor %}
<section id="trust">
<h2>Can this run be trusted? {{ anchor("trust", "Trust") }}</h2>
<p class="said">Trust: <strong class="trust {{ content.trust.level }}">{{ content.trust.level }}</strong>.{% if not content.trust.reasons %} No finding speaks against it.{% endif %}</p>
{% if content.trust.reasons %}
<ul>{% for reason in content.trust.reasons %}<li>{{ reason }}</li>{% endfor %}</ul>
{% endif %}
<p>{{ content.counts }}</p>
{% for sentence in content.floor %}
<p>{{ sentence }}</p>
{% endfor %}
</section>
"""


@dataclass(frozen=True)
class Trusted:
    """The judgement, what was counted, and the noise floor."""

    trust: Trust
    counts: str
    floor: tuple[str, ...]


def make(run: Run) -> Trusted:
    """Judge a run."""
    m = run.manifest
    superseded = set(m.superseded)
    void = sum(v.id not in superseded for v in m.void)
    counts = f"{len(run.records):,} records count, {void:,} are void, and {len(m.disturbed):,} blocks were disturbed."
    return Trusted(run.trust, counts, noise_floor(run))


PART = Part("trust", "Trust", 30, make, TEMPLATE)
