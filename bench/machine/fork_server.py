"""What multiprocessing's fork server imports before it forks, and nobody else: the server ends with who started it.

By itself the server ends when nobody can ask it any more, and its own children can. After a cell was killed, server and
children would keep each other alive. So the kernel ends the server with the cell, and
each flow, whose parent it is, with the server.
"""

from __future__ import annotations

import os

from bench.machine.orphans import die_with_parent

SERVER = os.getpid()  # its children inherit the module as it is
# Should the parent be gone already: nobody has asked for a child yet, and the server ends by itself.
die_with_parent(os.getppid())
