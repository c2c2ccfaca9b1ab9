"""What does it cost to wait for an answer from the network?"""

from __future__ import annotations

from bench.report.document import Screen
from bench.report.figures import Run
from bench.report.questions import compared
from bench.report.questions.question import Question
from bench.report.quotes import Quotes
from bench.report.workloads.causes import causes
from bench.report.workloads.clients import left_by_client

GET, CLIENT = "http_get", "httpx_get"


def make(run: Run, q: Quotes) -> Screen | None:
    """Compare what a GET costs, and what is left of it with a real client."""
    sizes = compared.sizes(run, GET)
    if not sizes:
        return None
    said = [compared.sentence(run, q, GET, n, "connections") for n in reversed(sizes)]
    return Screen(
        id="network",
        title=QUESTION.title,
        short=QUESTION.short,
        sentences=tuple(text for text in (*said, compared.asked(run, q, GET, "The server answers after {}.")) if text),
        picture=compared.picture(run, GET, "CPU per GET, compared", "network-cpu", "connections"),
        table=compared.table(run, q, GET, "CPU per GET", "GET"),
        why=(*causes(run, GET), *left_by_client(run, CLIENT)),
        details=(GET, *([CLIENT] if run.flows(CLIENT) else [])),
        numbers=tuple(q.numbers),
    )


QUESTION = Question("network", "What does it cost to wait for the network?", "Network", (GET, CLIENT), make)
