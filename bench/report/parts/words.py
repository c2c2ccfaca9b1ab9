"""The words on the page, each with what it means here."""

from __future__ import annotations

from bench.report.document import Part

TEMPLATE = """\
<details class="words"><summary>The words on this page</summary>
<dl>
<div><dt>flow</dt><dd>one stream of execution that waits and goes on: a thread, a process, a coroutine; N is how many there are</dd></div>
<div><dt>op</dt><dd>one unit of work of a flow: one wait, one GET; each flow does k of them</dd></div>
<div><dt>cell, round</dt><dd>a cell is one workload under one model with N flows; every cell of a round runs in a fresh process, and rounds are repeated</dd></div>
<div><dt>T</dt><dd>time from the moment all flows are released until the last of them has done its last op; of <code>create</code>, what it took to create and to join all flows</dd></div>
<div><dt>D, CPU per op</dt><dd>CPU time of all processes of the cell over that time, divided by the ops; it belongs to its N</dd></div>
<div><dt>Z</dt><dd>the mean wait per op that was really given</dd></div>
<div><dt>N*</dt><dd>the number of flows at which one core is full, N·D(N) = Z + D(N), between measured N</dd></div>
<div><dt>wait</dt><dd>drawn: each wait is a random one between half and one and a half times the mean, the same for all models; constant: all are equally long, and flows fall into step</dd></div>
<div><dt>phase</dt><dd>spread: the first wait of each flow is cut to a random part, so that flows do not wake together (a set of waits can then take less than k·Z); locked: it is not</dd></div>
<div><dt>kernel tasks</dt><dd>threads and processes that the kernel sees of the cell while all flows are parked</dd></div>
</dl>
</details>
"""

PART = Part("words", "", 41, lambda _: (), TEMPLATE)
