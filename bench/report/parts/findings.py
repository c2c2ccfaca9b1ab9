"""What the reader must know about a run before believing it."""

from __future__ import annotations

from bench.report.document import Part
from bench.report.figures import Run
from bench.words import Finding

TEMPLATE = """\
<section id="findings">
<h3>Findings</h3>
{% if content %}
<ul class="findings">{% for f in content %}<li class="{{ f.level }}"><strong>{{ f.level }}</strong> {{ f.what }}.{% if f.remedy %} <em>What to do: {{ f.remedy }}.</em>{% endif %}</li>{% endfor %}</ul>
{% else %}
<p>Nothing disturbed this run: no interference on the measured core, no steal, no cell bounded by the server, no void cell.</p>
{% endif %}
</section>
"""


def make(run: Run) -> tuple[Finding, ...]:
    """The findings of a run, the worst first."""
    return run.findings


PART = Part("findings", "", 31, make, TEMPLATE)
