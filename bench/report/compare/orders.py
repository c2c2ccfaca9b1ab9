"""In which order runs put the models of a block, where all agree on it, and where it turns."""

from __future__ import annotations

from collections.abc import Sequence

from bench.analysis.comparison import Compared
from bench.report.compare import spread
from bench.report.document import Table
from bench.words import FIGURES

SAME = "≈"


def orders(
    figure: str, reference: str, compared: Sequence[Compared], names: Sequence[str]
) -> list[tuple[str, tuple[str, ...]]]:
    """By block: the order of models in each run, cheapest first; a sign where an interval does not leave out the reference.

    Only models that all runs have judged in that block.
    """
    blocks: dict[str, list[Compared]] = {}
    for c in compared:
        if c.figure == figure and all(ratio is not None and ratio.has_interval for ratio in c.ratios):
            blocks.setdefault(c.block, []).append(c)
    return [(block, tuple(order(i, reference, there) for i in range(len(names)))) for block, there in blocks.items()]


def order(i: int, reference: str, there: Sequence[Compared]) -> str:
    """The models of a block as one run orders them against the reference: less, not shown to differ, more."""
    ratios = [(ratio, c.model) for c in there if (ratio := c.ratios[i]) is not None]
    ratios.sort(key=lambda one: one[0].value)
    less = [model for ratio, model in ratios if ratio.high < 1]
    more = [model for ratio, model in ratios if ratio.low > 1]
    same = [reference, *(model for ratio, model in ratios if ratio.low <= 1 <= ratio.high)]
    return " < ".join(part for part in (" < ".join(less), f" {SAME} ".join(same), " < ".join(more)) if part)


def order_table(reference: str, compared: Sequence[Compared], names: Sequence[str]) -> Table:
    """The order of models by CPU per op in each run, where it is not the same in all."""
    found = orders("D", reference, compared, names)
    rows = [(block, *texts) for block, texts in found if len(set(texts)) > 1]
    alike = len(found) - len(rows)
    note = (
        f"From less to more {FIGURES['D']}; {SAME}: not shown to differ from {reference}. In {alike} of {len(found)} blocks "
        "all runs have the same order, and these are not listed. An order that is another is a difference only where a verdict is reversed."
    )
    caption = "Where the order of models is not the same"
    if rows and spread.many(names):
        return spread.by_value(caption, rows, names, ("block", "order"), note)
    return Table(caption, ("block", *names), tuple(rows), note)


def order_sentence(reference: str, compared: Sequence[Compared], names: Sequence[str]) -> tuple[str, ...]:
    """In how many blocks all runs put the models in the same order."""
    found = orders("D", reference, compared, names)
    if not found:
        return ()
    alike = sum(len(set(texts)) == 1 for _, texts in found)
    return (f"The runs put the models in the same order of CPU per op in {alike} of {len(found)} blocks.",)
