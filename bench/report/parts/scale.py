"""How many flows of each model there were, and what stopped it."""

from __future__ import annotations

from bench.report.document import Part
from bench.report.scale import scale_table

TEMPLATE = """\
{% from "macros.html" import anchor, table %}
<section id="scale">
<h2>How many flows there can be {{ anchor("scale", "how many flows there can be") }}</h2>
{{ table(content) }}
</section>
"""

PART = Part("scale", "How many flows", 70, scale_table, TEMPLATE, page="cells")
