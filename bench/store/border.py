"""Reading a file that may be anybody's: of a sensible size, JSON with whole characters and without NaN, or one line.

What other tools write is recognised, so that the line says what it is. What the JSON may hold is said by the tables of
bench/store/schema.py.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench.words import RunFailedError, shown

MAX_BYTES = 16 * 2**20
MAGIC = (  # how files begin that are no JSON
    (b"\x1f\x8b", "it is compressed with gzip"),
    (b"PK\x03\x04", "it is a zip archive"),
    (b"\x28\xb5\x2f\xfd", "it is compressed with zstd"),
    (b"\xfd7zXZ", "it is compressed with xz"),
    (b"BZh", "it is compressed with bzip2"),
    (b"SQLite format 3", "it is an SQLite database"),
    (b"\x89PNG", "it is a picture"),
    (b"%PDF", "it is a PDF"),
)
SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class StoreError(RunFailedError):
    """A file of a run that cannot be used: one line that names the file and the fault; exit status 1."""


def read_bytes(path: Path, most: int = MAX_BYTES) -> bytes:
    """Read a regular file of at most so many bytes; raises StoreError. Nobody is waited for: a pipe or a device is refused."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise StoreError(f"{path}: not a regular file")
            content = b"" if os.fstat(descriptor).st_size > most else file.read(most + 1)
            if len(content) > most or (not content and os.fstat(descriptor).st_size):
                raise StoreError(f"{path}: larger than any file of a run ({most} bytes)")
            return content
    except IsADirectoryError as error:
        raise StoreError(f"{path}: not a regular file") from error
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}") from error


def read_json(path: Path) -> Any:
    """Read a file of a run, which may be anybody's; raises StoreError where it is no file of a sensible size, or no JSON."""
    return json_of(path, read_bytes(path))


def json_of(path: Path, content: bytes) -> Any:
    """The JSON that a file of a run holds; raises StoreError, which names the file, where it is none."""
    for magic, what in MAGIC:
        if content.startswith(magic):
            raise StoreError(f"{path}: truncated, or not JSON ({what})")
    try:
        text = content.decode("utf-8")
        found = json.loads(text, parse_constant=refuse, object_pairs_hook=without_repeats)
        if SURROGATE.search(text):  # halves of characters; pairs of them are one
            json.dumps(found, ensure_ascii=False).encode()
    except OddEntryError as error:
        what = kind_of(any_json(content))
        raise StoreError(f"{path}: not a file of this suite ({error}{f'; {what}' if what else ''})") from error
    except UnicodeEncodeError as error:
        raise StoreError(f"{path}: not a file of this suite (it has half a character: a lone surrogate)") from error
    except (ValueError, RecursionError) as error:
        raise StoreError(f"{path}: truncated, or not JSON ({shown(str(error))[1:-1]})") from error
    return found


class OddEntryError(ValueError):
    """NaN or an infinity, which JSON has not, or a name that is there twice."""


def refuse(text: str) -> float:
    """Refuse what Python's JSON has and JSON has not: NaN and the infinities."""
    raise OddEntryError(f"{text} is no number")


def without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A map of these; raises OddEntryError where a name comes twice, of which every reader takes another."""
    found = dict(pairs)
    if len(found) < len(pairs):
        ((name, _),) = Counter(name for name, _ in pairs).most_common(1)
        raise OddEntryError(f"{shown(name)} is there twice")
    return found


def any_json(content: bytes) -> Any:
    """What Python makes of JSON, whatever is in it; None where it is none."""
    try:
        return json.loads(content, parse_int=float)
    except (ValueError, RecursionError):
        return None


def kind_of(content: Any) -> str:
    """What a JSON that is none of ours is, as far as it can be told: "it is …", or an empty string."""
    if not isinstance(content, dict):
        return ""
    return next((what for what, is_it in KINDS if is_it(content)), "")


def file_kind(path: Path) -> str:
    """What a file is that is none of ours; an empty string where that cannot be told. Raises StoreError as `read_bytes`."""
    content = read_bytes(path)
    return next((what for magic, what in MAGIC if content.startswith(magic)), "") or kind_of(any_json(content))


def _is_list(content: Any) -> bool:
    return isinstance(content, list) and bool(content) and all(isinstance(entry, dict) for entry in content[:100])


def _all_have(content: Any, *names: str) -> bool:
    return _is_list(content) and all(name in entry for entry in content[:100] for name in names)


def _pyperf(content: dict[str, Any]) -> bool:
    return _all_have(content.get("benchmarks"), "runs") and "version" in content


def _metadata(content: dict[str, Any], key: str) -> set[str]:
    """What a pyperf file says by one name of its metadata, as a whole and of each benchmark."""
    parts = [content, *content["benchmarks"]]
    found = [part.get("metadata") for part in parts]
    return {str(there[key])[:SHORT] for there in found if isinstance(there, dict) and key in there}


def _of_this_suite(content: dict[str, Any]) -> bool:
    return _pyperf(content) and bool(_metadata(content, "schema"))


SHORT = 40
# What other tools write, the most special first.
KINDS: Sequence[tuple[str, Callable[[dict[str, Any]], bool]]] = (
    ("it is a result of google-benchmark", lambda c: "context" in c and _all_have(c.get("benchmarks"), "name")),
    ("it is a result of pytest-benchmark", lambda c: "machine_info" in c and _is_list(c.get("benchmarks"))),
    ("it is a result of hyperfine", lambda c: _all_have(c.get("results"), "command")),
    (
        "it is a result of pyperformance",
        lambda c: _pyperf(c) and (len(c["benchmarks"]) > 1 or bool(_metadata(c, "performance_version"))),
    ),
    ("it is a pyperf file with values in bytes", lambda c: _pyperf(c) and _metadata(c, "unit") == {"byte"}),
    ("it is a pyperf file of something else", lambda c: _pyperf(c) and not _of_this_suite(c)),
)
