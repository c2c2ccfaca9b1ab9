"""Targets that are programs of this package: started on a core, and ended when they are no longer needed.

Strategy: the program prints one line of JSON when it is ready, or says in it why it is not, and ends when its standard
input does. Nobody writes into that pipe, so it ends however the one that started it ends.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

Running = tuple[dict[str, Any], "subprocess.Popen[bytes]"]


@contextmanager
def program(module: str, cpu: int | None, *words: str, stop_s: float = 2.0) -> Iterator[Running]:
    """Run a module on a core until this is left; yield what it said ({} where it ended and said nothing), and its process.

    `stop_s`: how long it may take to end, s; after that it is killed.
    """
    command = [sys.executable, "-m", module, *words]
    if cpu is not None:
        command += ["--cpu", str(cpu)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True) as process:
        try:
            line = process.stdout.readline() if process.stdout else b""
            yield json.loads(line) if line else {}, process
        finally:
            if process.stdin:
                process.stdin.close()
            try:
                process.wait(timeout=stop_s)
            except subprocess.TimeoutExpired:
                process.kill()
