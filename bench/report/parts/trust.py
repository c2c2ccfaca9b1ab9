"""How far the run can be trusted, with the reasons. What each reason rests on is among the findings."""

from __future__ import annotations

from bench.analysis.trust import Trust
from bench.report.document import Part
from bench.report.figures import Run

TEMPLATE = """\
<section id="trust">
<h2>Trust in this run: {{ content.level }}</h2>
{% if content.reasons %}
<ul>{% for reason in content.reasons %}<li>{{ reason }}</li>{% endfor %}</ul>
<p class="note">The findings say more about each reason.</p>
{% else %}
<p>Nothing that was checked speaks against it.</p>
{% endif %}
</section>
"""


def make(run: Run) -> Trust:
    """How far a run can be trusted."""
    return run.trust


PART = Part("trust", "Trust", 25, make, TEMPLATE)
