"""How a figure scales with the number of flows: a power law, with what it leaves over. It is a law only where it fits.

figure(N) = c * N^b, least squares in the logs over at least four N, the medians of which count alike. b = 0: an op costs
the same however many flows there are; b = 1: it costs as many times more. With two figures fitted, four points leave two
degrees of freedom, so the interval of b (Student's t; Draper & Smith, Applied Regression Analysis, 3rd ed. 1998,
section 1.4) is wide, and what says whether there is a law at all is the largest residual.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bench.analysis.memory import LEAST_SIZES, slope
from bench.analysis.statistics import Estimate

# Twice what medians of D are known to (5 %): what is further off than that is another law, not noise.
FITS = 0.1


@dataclass(frozen=True)
class Power:
    """figure(N) = factor * N^exponent; `worst`: the largest residual, relative to the fit, and at which N it is."""

    factor: float
    exponent: Estimate
    worst: float
    worst_at: int

    @property
    def fits(self) -> bool:
        """Is no point further off than noise would put it?"""
        return abs(self.worst) <= FITS


def power(values: Mapping[int, float]) -> Power | None:
    """Fit a power law to a figure by N; None with fewer than four N at which it is more than zero."""
    flows = sorted(n for n, value in values.items() if value > 0)
    if len(flows) < LEAST_SIZES:
        return None
    x, y = [math.log(n) for n in flows], [math.log(values[n]) for n in flows]
    exponent = slope(x, y, len(flows))
    if exponent is None:
        return None
    constant = float(np.mean(y)) - exponent.value * float(np.mean(x))
    residuals = {n: math.expm1(b - constant - exponent.value * a) for n, a, b in zip(flows, x, y, strict=True)}
    worst_at = max(flows, key=lambda n: abs(residuals[n]))
    return Power(math.exp(constant), exponent, residuals[worst_at], worst_at)
