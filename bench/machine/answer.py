"""How a process answers the one that has started it: through a descriptor that nothing else writes to.

On standard output may be anything that a site's modules, libraries or exit handlers print.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

ANSWER = "BENCH_ANSWER_FD"


def say(content: Mapping[str, Any]) -> None:
    """Answer with one line of JSON: through the descriptor that the starter named, or on standard output where nobody did."""
    line = json.dumps(content) + "\n"
    number = os.environ.get(ANSWER)
    if number is None:
        print(line, end="", flush=True)
        return
    left = line.encode()
    while left:
        left = left[os.write(int(number), left) :]
