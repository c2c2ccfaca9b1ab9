"""One screen for each question that a run answers."""

from __future__ import annotations

from bench.report.document import Part, Screen
from bench.report.figures import Run
from bench.report.questions import QUESTIONS
from bench.report.questions.own import own, screen
from bench.report.quotes import Quotes

TEMPLATE = """\
{% from "macros.html" import anchor, table %}
{% for s in content %}
<section id="{{ s.id }}" class="screen">
<h2>{{ s.title }} {{ anchor(s.id, s.short) }}</h2>
{% for sentence in s.sentences %}
<p class="said">{{ sentence }}</p>
{% endfor %}
<div class="pair">
{% if s.picture %}
<figure><figcaption>{{ s.picture.title }}</figcaption>
{{ draw(s.picture) }}
</figure>
{% endif %}
<div>
{% if s.table %}{{ table(s.table) }}{% endif %}
{% if s.why %}<details><summary>Why</summary><ul>{% for sentence in s.why %}<li>{{ sentence }}</li>{% endfor %}</ul></details>{% endif %}
{% if s.picture %}<details><summary>How to read this</summary><p>{{ s.picture.how_to_read }}</p><p>Lower and upper are the ends of the 95 % interval. They need six rounds; n is how many there were.</p></details>{% endif %}
<p class="note">All of it: {% for name in s.details %}<a href="cells.html#{{ name }}">{{ name }}</a>{% if not loop.last %}, {% endif %}{% endfor %}</p>
</div>
</div>
</section>
{% endfor %}
"""


def make(run: Run) -> tuple[Screen, ...] | None:
    """Answer every question that the run has figures for."""
    if run.table.empty:
        return None
    found = [question.make(run, Quotes()) for question in QUESTIONS]
    found += [screen(run, workload) for workload in own(run)]
    return tuple(one for one in found if one is not None) or None


def links(content: tuple[Screen, ...]) -> tuple[tuple[str, str], ...]:
    """Each question has a place of its own in the contents."""
    return tuple((screen.id, screen.short) for screen in content)


PART = Part("questions", "Questions", 20, make, TEMPLATE, links=links)
