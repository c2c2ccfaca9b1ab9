"""Become a user's server: `python -m bench.targets.serve_run SPECIFICATION`, JSON of a core, a port, and a command or a file.

It stays on its core, and the kernel ends it when the process that started it ends. Both hold after it has become another program.
"""

from __future__ import annotations

import json
import os
import sys

from bench.harness.pin import pin
from bench.machine.orphans import die_with_parent


def main(text: str) -> None:
    """Move to the core, then become the command, or call the file's `SERVE(port)`."""
    die_with_parent()
    asked = json.loads(text)
    if asked["cpu"] is not None:
        pin(asked["cpu"])
    os.chdir(asked["folder"])
    if asked["command"]:
        os.execvp(asked["command"][0], asked["command"])  # noqa: S606 - the user's own command, as it stands in the file
    from bench.own.file import from_text, module_of, told  # noqa: PLC0415 - a command needs none of it

    file = from_text(asked["file"])
    try:
        module_of(file).SERVE(asked["port"])
    except Exception as error:  # noqa: BLE001 - whatever the user's code raises is said in one line, with its place
        sys.exit(told(error, file))
    sys.exit("SERVE has returned: it must serve until it is ended")


if __name__ == "__main__":
    main(sys.argv[1])
