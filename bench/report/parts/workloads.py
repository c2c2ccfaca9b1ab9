"""A section for each workload: its charts, verdicts, causes, tables and bodies."""

from __future__ import annotations

from bench.report.document import Part
from bench.report.workloads.section import Section, sections

TEMPLATE = """\
{% from "macros.html" import anchor, table, sentences %}
{% for s in content %}
<section id="{{ s.name }}">
<h2><code>{{ s.name }}</code> {{ anchor(s.name, s.name) }}</h2>
<p>What every flow does: {{ s.about }}. What it shows: {{ s.shows }}.{% if s.parameters %} Here: {{ s.parameters }}.{% endif %}</p>
{% if s.timeline %}
<figure class="wide">
<figcaption>{{ s.timeline.title }}</figcaption>
{{ draw(s.timeline) }}
<ul>{% for sentence in s.timeline.gained %}<li>{{ sentence }}</li>{% endfor %}</ul>
<p class="note"><strong>How to read this.</strong> {{ s.timeline.how_to_read }}</p>
</figure>
{% endif %}
<div class="charts">
{% for chart in s.charts %}
<figure>
<figcaption>{{ chart.title }}</figcaption>
{{ draw(chart) }}
<p class="note"><strong>How to read this.</strong> {{ chart.how_to_read }}</p>
</figure>
{% endfor %}
</div>
{% if s.verdicts %}
<details><summary>Verdicts on {{ s.name }}, every pair</summary>{% for group in s.verdicts %}<h3>{{ group.title }}</h3>{{ sentences(group) }}{% endfor %}</details>
{% endif %}
{% if s.causes %}
<h3>Why they differ</h3>
<ul>{% for sentence in s.causes %}<li>{{ sentence }}</li>{% endfor %}</ul>
{% endif %}
{% for t in s.tables %}
{{ table(t) }}
{% endfor %}
{% if s.gate %}
<details><summary>{{ s.gate.caption }}</summary>{{ table(s.gate) }}</details>
{% endif %}
{% if s.bodies %}
<details><summary>What ran: both bodies, as they were</summary>
<p class="note">Left, for the models whose flows block (sequential, thread, process, gevent); right, for those that await (asyncio, uvloop, and trio unless it has a body of its own below). <code>stamps</code> is the harness's one clock read and one store per op.</p>
<div class="bodies"><pre tabindex="0"><code>{{ s.bodies.blocking }}</code></pre><pre tabindex="0"><code>{{ s.bodies.coroutine }}</code></pre></div>
<p class="note">Set-up, outside the clock:</p>
<div class="bodies"><pre tabindex="0"><code>{{ s.bodies.open_blocking }}</code></pre><pre tabindex="0"><code>{{ s.bodies.open_coroutine }}</code></pre></div>
{% if s.programs %}
<p class="note">What some models run instead, which does the same work: {{ s.programs | map("first") | join(", ") }}.</p>
<div class="bodies">{% for _, text in s.programs %}<pre tabindex="0"><code>{{ text }}</code></pre>{% endfor %}</div>
{% endif %}
</details>
{% endif %}
</section>
{% endfor %}
"""


def links(content: tuple[Section, ...]) -> tuple[tuple[str, str], ...]:
    """Each workload has a place of its own in the navigation."""
    return tuple((section.name, section.name) for section in content)


PART = Part("workloads", "Workloads", 60, sections, TEMPLATE, page="cells", links=links)
