"""The card, the findings and the verdicts as Markdown, short enough for a pull request.

What comes from a run's files is text there, too: no markup, no links, and nobody is called by an @.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from bench.report.document import Document, Group, Table
from bench.report.figures import Run
from bench.report.parts.card import PART as CARD
from bench.report.parts.findings import PART as FINDINGS
from bench.report.parts.trust import PART as TRUST
from bench.report.parts.verdicts import PART as VERDICTS
from bench.report.views.view import View
from bench.words import Finding, harmless

FILE = "summary.md"
MOST = 30  # verdicts of so many blocks, and so many findings: the page has the others
MARKUP = re.compile(r"[\\`*_\[\]|~$]")
LIKE_A_LIST = re.compile(r"^(?=[-+=])|^(\d+)(?=[.)](?:\s|$))")
Entry = TypeVar("Entry")


def text(said: str) -> str:
    """A text without line breaks in which nothing is markup, an entity, a link, a mention or a reference."""
    said = harmless(" ".join(said.split())).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    said = MARKUP.sub(r"\\\g<0>", said)
    said = re.sub(r"[@#]", "\\g<0>\u200b", said)  # with nothing behind it, it refers to nobody and to no number
    said = re.sub(r"://|(?i:\bwww\.)", lambda found: f"{found[0][:-1]}\u200b{found[0][-1]}", said)
    return LIKE_A_LIST.sub(r"\1\\", said)


def table(content: Table) -> list[str]:
    """A table, the first column to the left, the others to the right, with its note."""
    rows = [content.head, *content.rows]
    lines = [f"| {' | '.join(text(entry) for entry in row)} |" for row in rows]
    rule = f"| --- {'| ---: ' * (len(content.head) - 1)}|"
    return [lines[0], rule, *lines[1:], *(["", text(content.note)] if content.note else [])]


def most(entries: Sequence[Entry], lines: Callable[[Entry], list[str]]) -> list[str]:
    """The lines of the first entries, and how many more there are."""
    found = [line for entry in entries[:MOST] for line in lines(entry)]
    return found + ([f"- and {len(entries) - MOST} more: see the page"] if len(entries) > MOST else [])


def finding(found: Finding) -> list[str]:
    """A finding with its remedy."""
    remedy = f" What to do: {text(found.remedy)}." if found.remedy else ""
    return [f"- **{found.level}**: {text(found.what)}.{remedy}"]


def verdict(group: Group) -> list[str]:
    """The verdicts on a block."""
    return [f"- {text(group.title)}", *(f"  - {text(sentence)}" for sentence in group.sentences)]


def summary(document: Document) -> str:
    """The card, the findings and the verdicts."""
    found = document.of(CARD)
    lines = [f"### {text(document.title)}", "", f"{text(document.host)}, {text(document.id)}", ""]
    lines += [line for sentence in found.answer for line in (text(sentence), "")]
    if found.card.rows:
        lines += [*table(found.card), ""]
    lines += [f"**Trust in this run:** {text(document.of(TRUST).trust.words)}", ""]
    if findings := document.of(FINDINGS):
        lines += ["**Findings**", "", *most(findings, finding), ""]
    if headlines := document.of(VERDICTS).headlines:
        lines += ["<details><summary>Verdicts</summary>", "", *most(headlines, verdict), "", "</details>", ""]
    return "\n".join(lines)


def render(run: Run, document: Document, folder: Path) -> str:  # noqa: ARG001
    """The summary, as Markdown."""
    return summary(document)


VIEW = View("markdown", FILE, render)
