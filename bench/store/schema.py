"""What the figures of each version mean, and what every file of a run must keep to: lengths, characters, numbers.

Timed processes read this file: it imports nothing but `re` and the suite's words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bench.words import shown

# What the figures of each version mean, as a sentence goes on after "its". The last one is what this suite measures; a run of
# an earlier one is rendered with what it says, and compared only with runs of the same.
MEANINGS: Mapping[int, str] = {
    1: "CPU per op is the CPU time of all processes of a cell in the work phase, divided by the ops",
    2: "CPU per op is the CPU time from when every flow had ended its first op, divided by the ops that ended after that",
}
SCHEMA = max(MEANINGS)

PROSE_LENGTH = 5_000  # of a reason, a remedy: what is longer is cut
SOURCE_LENGTH = 200_000
MOST = 2.0**63  # no figure, and no count, needs more bits
LEAST = 1e-40  # clocks count ns; what is left over of two floats of ordinary size is larger, too
# What steers terminals, has no place in a page, or is half of a character: shown as a sign of its own.
UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def is_number(value: object) -> bool:
    """Return whether a value is a finite number of ordinary size.

    No measurement needs more than 63 bits, nor a number so near 0 that dividing it gives 0.
    """
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return -MOST < value < MOST and (value == 0 or abs(value) >= LEAST)  # NaN is in no interval


def told(version: int) -> str:
    """What is said of a run of an earlier version's meaning, in one sentence; of a present one, nothing."""
    if version == SCHEMA:
        return ""
    return (
        f"this run is of schema {version}, in which {MEANINGS[version]}; today {MEANINGS[SCHEMA]} (schema {SCHEMA}): "
        "its figures are not those of newer runs"
    )


def check_version(version: object) -> str:
    """What is wrong with a file's version, or an empty string."""
    if type(version) is not int or version < 1:
        return f"its schema is {shown(version)}, which there never was"
    if version > SCHEMA:
        return f"schema {shown(version)} is newer than this version's {SCHEMA}: update the suite"
    return "" if version in MEANINGS else f"schema {version} is one that nobody knows any more"


def clean(text: str, most: int = PROSE_LENGTH) -> str:
    """A text of at most so many characters, with a sign of its own for each that cannot be shown."""
    if len(text) <= most and text.isprintable():  # as nearly all are
        return text
    return UNFIT.sub("\ufffd", text if len(text) <= most else text[: most - 1] + "…")
