"""Many machines, one page. Dask distributed carries the work; `docs/fleet.md` says what that means for security.

Client side: `command` (from options to results), `attempts`, `ssh`, `engine`, `filing`, `state`, `screen`.
Host side: `settle` (any Python), then `host` (the guard), `worker`, `tasks`. Only `engine` and `worker` import Dask.
"""
