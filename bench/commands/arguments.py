"""Reading what a user typed: each function returns a value, or says what would be right."""

from __future__ import annotations

import re
from argparse import ArgumentParser, ArgumentTypeError

MOST_S = 1e7  # four months
MOST_SEED = 10**12  # a round's seed is a thousand times that, and a record's numbers have 63 bits
MOST_ROUNDS = 10_000
MOST_PER_CENT = 10_000


def seconds(text: str) -> float:
    """Read a duration: `90`, `90s`, `5m`."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([sm]?)", text)
    if match is None or not 0 < float(match[1]) <= MOST_S:
        raise ArgumentTypeError(f"{text[:40]!r} is not a duration: write 90s or 5m")
    return float(match[1]) * (60 if match[2] == "m" else 1)


UNITS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6}
MOST_REQUEST_S = 3600.0


def time_of_a_request(text: str) -> float:
    """Read what one request takes: `50ms`, `200us`, `1s`, `0`; seconds."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?) ?(s|ms|us|µs)", text)
    if match is None and text != "0":
        raise ArgumentTypeError(f"{text[:40]!r} is not a time: write 50ms, 200us or 1s")
    found = float(match[1]) * UNITS[match[2]] if match else 0.0
    if found > MOST_REQUEST_S:
        raise ArgumentTypeError(f"{text[:40]!r} is more than an hour: give the time of one request")
    return found


def positive(text: str) -> int:
    """Read a whole number above zero."""
    if not text.isdigit() or int(text) == 0:
        raise ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def rounds(text: str) -> int:
    """Read a number of rounds."""
    if positive(text) > MOST_ROUNDS:
        raise ArgumentTypeError(f"more than {MOST_ROUNDS:,} rounds are more than anybody has time for")
    return positive(text)


def seed(text: str) -> int:
    """Read a seed."""
    if not text.isdigit() or int(text) > MOST_SEED:
        raise ArgumentTypeError(f"{text[:40]!r} is not a seed: a whole number from 0 to {MOST_SEED:,}")
    return int(text)


def names(text: str) -> list[str]:
    """Read names separated by commas."""
    given = [name for name in text.split(",") if name]
    if not given:
        raise ArgumentTypeError("it is empty: leave it out, or name what you want")
    return given


def add_libraries(parser: ArgumentParser) -> None:
    """Add the option that names what a user's own file imports."""
    parser.add_argument(
        "--with",
        dest="with_",
        type=names,
        action="extend",
        default=[],
        metavar="NAME[,NAME]",
        help="libraries that your own file needs, as pip names them: they are installed beside the suite, once",
    )


def add_debug(parser: ArgumentParser) -> None:
    """Add the option that shows whole tracebacks."""
    parser.add_argument("--debug", action="store_true", help="show the whole traceback of an error in your own file")


def counts(text: str) -> list[int]:
    """Read whole numbers above zero, separated by commas."""
    return [positive(part) for part in names(text)]


def per_cents(text: str) -> dict[str, float]:
    """Read two shares in per cent, of T and of D."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?),(\d+(?:\.\d+)?)", text)
    if match is None or not all(0 < float(part) <= 1000 for part in match.groups()):
        raise ArgumentTypeError(f"{text[:40]!r} is not a precision: write per cent of time and CPU, as in 0.7,5")
    return {"T": float(match[1]) / 100, "D": float(match[2]) / 100}


def per_cent(text: str) -> float:
    """Read a share in per cent."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)%?", text)
    if match is None or float(match[1]) > MOST_PER_CENT:
        raise ArgumentTypeError(f"{text[:40]!r} is not a difference: write per cent, as in 5")
    return float(match[1]) / 100


def label(text: str) -> str:
    """Read a host's label: it becomes a folder's name."""
    if not re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}", text):
        raise ArgumentTypeError(f"{text!r} cannot name a folder: use letters, digits, '.', '_' and '-'")
    return text
