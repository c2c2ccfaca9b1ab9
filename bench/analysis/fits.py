"""How a figure scales with the number of flows: a power law, and its largest residual. It is a law only where it fits.

figure(N) = c * N^b, fitted by least squares to the logs of the medians at four or more N, all with the same weight.
With b = 0, an op costs the same at any number of flows. With b = 1, its cost grows in proportion to that number.

Two parameters are fitted, so four points leave two degrees of freedom. The interval of b (Student's t; Draper & Smith,
Applied Regression Analysis, 3rd ed. 1998, section 1.4) is then wide. The largest residual says whether there is a law.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bench.analysis.memory import LEAST_SIZES, slope
from bench.analysis.statistics import Estimate

# Twice the precision of medians of D, which is 5 %. A point that is further off follows another law; it is not noise.
FITS = 0.1


@dataclass(frozen=True)
class Power:
    """figure(N) = factor * N^exponent. `worst`: the largest residual, relative to the fit; `worst_at`: at which N."""

    factor: float
    exponent: Estimate
    worst: float
    worst_at: int

    @property
    def fits(self) -> bool:
        """Are all points as close to the fit as noise allows?"""
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
