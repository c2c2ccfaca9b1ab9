"""What multiprocessing's fork server imports before it forks, and nobody else: the server ends with who started it.

By itself it ends when nobody can ask it any more, and its children count among those: of a cell that was killed,
it would be left as long as they are, and they as long as it. So the kernel ends the server with the cell, and
each flow, whose parent it is, with the server.
"""

from __future__ import annotations

import os

from bench.machine.orphans import die_with_parent

SERVER = os.getpid()  # its children inherit the module as it is
# Should the parent be gone already: nobody has asked for a child yet, and the server ends by itself.
die_with_parent(os.getppid())
