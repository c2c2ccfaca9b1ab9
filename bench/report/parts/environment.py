"""The environment that a run was measured in."""

from __future__ import annotations

from collections.abc import Mapping

from bench.report.document import Part
from bench.report.figures import Run

TEMPLATE = """\
{% from "macros.html" import anchor, pairs %}
<section id="environment">
<h2>Environment {{ anchor("environment", "Environment") }}</h2>
<div class="columns">
{% for group, entries in content.items() %}
<div><h3>{{ group }}</h3>{{ pairs(entries) }}</div>
{% endfor %}
</div>
</section>
"""


def make(run: Run) -> Mapping[str, tuple[tuple[str, str], ...]]:
    """The environment, as text."""
    return {
        group: tuple((str(key), str(value)) for key, value in entries.items())
        for group, entries in run.manifest.environment.items()
    }


PART = Part("environment", "Environment", 90, make, TEMPLATE, page="cells")
