"""What a flow does under trio, where that needs other words than under asyncio: one file per workload that has such a body.

Each has any of `coroutine` and `open_coroutine`, which take the place of the workload's own, and what they call.
The mirror test compares them with asyncio's, name by name. Only a process whose model is trio imports them.
"""
