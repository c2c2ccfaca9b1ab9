"""The one way into the suite's virtual environment: makes sure that it is there and current, then becomes its Python.

    python3 scripts/environment.py -m bench run
    python3 scripts/environment.py --dev -m pytest     (with what test, lint and lock need on top)
    python3 scripts/environment.py --with aiohttp --with redis -m bench run     (with a user's libraries on top)

Everything else after the script's name goes to the environment's Python; with nothing there it only sets up.
The work is in scripts/set_up/, whose first lines say how. This file is read by Pythons too old for the rest,
Python 2 among them: they are told what is needed in one line.
"""

import os
import sys

if sys.version_info < (3, 11):  # noqa: UP036 - the reader of this file may well be an old Python
    sys.stderr.write(
        "environment: Python 3.11 or newer is needed, this is "
        + sys.version.split()[0]
        + ": try make PYTHON=python3.13\n"
    )
    sys.exit(2)

# Nothing that a user's PYTHONPATH has takes the place of the standard library, or of what follows.
OTHERS = [os.path.abspath(path) for path in os.environ.get("PYTHONPATH", "").split(os.pathsep)]  # noqa: PTH100
sys.path[:] = [path for path in sys.path if path not in OTHERS]
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.realpath(__file__))))  # noqa: PTH120

from scripts.set_up.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
