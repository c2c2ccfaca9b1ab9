"""How the suite's virtual environments are made, found and held. Standard library only.

**Two parts.** `run` has what `bench` needs (requirements.lock); `dev` lies over it and adds what `test`, `lint`
and `lock` need (requirements-dev.lock). Each is a virtual environment of its own, so making the second changes
nothing in the first.

**Libraries** that a user's own file needs lie over `run` in the same way, in an environment for each set of them. It is known by
that set and the lock. Which versions fitted when it was made, and their hashes, is in its `libraries.json`.

**Layout.** `.venv/<implementation>-<version>-<build>-<interpreter>/<part>-<lock>`, where <interpreter> is a digest
of the interpreter's real path and build, and <lock> one of what the part is made from. So two Pythons of one version
never share one, and a new lock makes a new folder instead of changing the one that a run is using.

**Finished** means stamped. The stamp is written last, after everything that the lock lists was imported from there,
and says what the environment has. Whatever stops a set-up, the next call makes the environment from nothing.

**Held.** Beside each environment lies `<folder>.lock`. Who makes or removes an environment holds that exclusively
(man 2 flock); who uses it holds it shared: environment.py opens it and becomes the environment's Python, which keeps
the descriptor until it ends. Environments of an older lock are removed when nobody holds them.

**How Python is started does not matter.** Whatever the working directory is and PYTHONPATH says, `bench` is that of
this checkout: a .pth file in the environment leads here, by a relative path, and the environment's Python is started
with PYTHONSAFEPATH.

- `main`: the way in. What it imports is all that a call needs that finds everything in order.
- `places`: which folder, and whether it is finished.
- `hold`: the locks.
- `build`: making one.
- `libraries`: making one with a user's libraries.
- `wheels`: what a lock asks of this interpreter, and whether it has wheels.
- `pip`: pip with a known configuration, and the user's index.
- `imports`: runs in a new environment, and proves that it has what it should.
- `words`: what the user is told.
"""
