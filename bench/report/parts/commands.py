"""How to measure the same: the whole run, or one cell by itself."""

from __future__ import annotations

from bench.report.document import Part
from bench.report.figures import Run
from bench.words import seed_of

TEMPLATE = """\
{% from "macros.html" import anchor %}
<section id="commands">
<h2>Run it yourself {{ anchor("commands", "Run it yourself") }}</h2>
<p>From a checkout of the suite: <code>make bench</code> makes a page like this one on your machine. One cell by itself is one round of it in one process; it prints all its figures:</p>
<details><summary>The command of each cell</summary>
<ul class="commands">{% for cell, command in content %}<li><code>{{ command }}</code></li>{% endfor %}</ul>
</details>
<p>The raw records are in <code>raw/</code> beside this page (packed: <code>raw.tar.xz</code>), one pyperf file per cell and round; <code>python3 scripts/environment.py -m pyperf stats …/results.json</code> reads them all.</p>
</section>
"""


def commands(run: Run) -> tuple[tuple[str, str], ...]:
    """The command that measures each cell by itself."""
    if run.table.empty:
        return ()
    cores = run.manifest.environment.get("cores", {})
    where = f" --cpu {cores['measured']}" if "measured" in cores else ""
    seed = f" --seed {seed_of(run.manifest.seed, 1)}"  # as in the first round
    return tuple(
        (c, f"python3 scripts/environment.py -m bench.worker.main '{c}'{where}{seed}")
        for c in sorted(run.table["cell"].unique())
    )


PART = Part("commands", "Run it yourself", 100, commands, TEMPLATE, page="cells")
