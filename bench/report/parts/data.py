"""Where the data are, and where everything else is said."""

from __future__ import annotations

from bench.report.document import Part

TEMPLATE = """\
{% from "macros.html" import anchor %}
<section id="data">
<h2>Everything else {{ anchor("data", "Everything else") }}</h2>
<p><a href="cells.html">Every cell of this run</a>: all figures, phases, ratios, the source of what ran, the environment, and a command for each cell.</p>
<p>Data: <a href="report.json">report.json</a>, <a href="run.json">run.json</a>, <a href="results.json">results.json</a>, and the records in <code>raw/</code> or, packed, in <code>raw.tar.xz</code>. Other runs: <a href="{{ content }}">all runs and comparisons</a>.</p>
<p>The same on your machine, from a checkout of the suite: <code>make bench</code></p>
</section>
"""
INDEX = "../../../index.html"  # from a run's folder below reports/

PART = Part("data", "Everything else", 48, lambda _: INDEX, TEMPLATE)
