"""Whether a run can be trusted: a word, and the reasons, from its findings and its noise floor."""

from __future__ import annotations

from dataclasses import dataclass

from bench.report.figures import Run


@dataclass(frozen=True)
class Trust:
    """good, fair or poor, and the reasons for it, the most important first."""

    level: str
    reasons: tuple[str, ...]


def trust(run: Run) -> Trust:
    """Judge a run by its findings: an error makes it poor, a warning, or no verdicts, fair."""
    findings = run.findings
    levels = {finding.level for finding in findings}
    reasons = [finding.what for finding in findings if finding.level != "hint"]
    if not run.manifest.verdicts:
        reasons.append("too few rounds for verdicts")
    level = "poor" if "error" in levels or not len(run.table) else "fair" if reasons else "good"
    return Trust(level, tuple(reasons))
