"""How flows are run: one file per launcher, which starts, releases and joins flows and knows nothing of their work.

To add a model, write a file that ends with `MODELS = {"name": Model(...)}` (bench.models.model), or add a variant to a
file that is there. Then add a line to MODELS here. Models import no workload; workloads import no model.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping

from bench.models.model import Model

# Each model's name, and the file that declares it.
MODELS: Mapping[str, str] = {
    "sequential": "sequential",
    "thread": "thread",
    "thread_pool": "pool",
    "process": "process",
    "process_pool": "pool",
    "process_forkserver": "started",
    "process_spawn": "started",
    "subinterpreter": "subinterpreter",
    "asyncio": "asyncio_",
    "asyncio_eager": "asyncio_",
    "uvloop": "asyncio_",
    "gevent": "gevent_",
    "trio": "trio_",
    "native_thread": "native",
    "native_epoll": "native",
}


def load_model(name: str) -> Model:
    """Import the file of a model and return the model."""
    models: Mapping[str, Model] = importlib.import_module(f"bench.models.{MODELS[name]}").MODELS
    return models[name]
