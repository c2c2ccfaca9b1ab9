"""Targets that are programs of this package: started on a core, and ended when they are no longer needed.

Strategy: the program says one line of JSON (bench.machine.answer.say) when it is ready, or why it is not. It ends
when its standard input does. Nobody writes into that pipe, so it ends however the one that started it ends. Its environment is that of
a cell, and it finds this checkout's modules whatever the working directory is.
"""

from __future__ import annotations

import json
import os
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
    from bench.machine.children import ROOT, environment  # noqa: PLC0415 - a cell that starts no target goes without

    command = [sys.executable, "-m", module, *words]
    if cpu is not None:
        command += ["--cpu", str(cpu)]
    heard, answer = os.pipe()
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            cwd=ROOT,
            env=environment(answer=answer),
            pass_fds=[answer],
            start_new_session=True,
        )
    except BaseException:
        os.close(heard)
        raise
    finally:
        os.close(answer)
    with process:
        try:
            with os.fdopen(heard, "rb") as said:
                line = said.readline()
            yield json.loads(line) if line else {}, process
        finally:
            if process.stdin:
                process.stdin.close()
            try:
                process.wait(timeout=stop_s)
            except subprocess.TimeoutExpired:
                process.kill()
