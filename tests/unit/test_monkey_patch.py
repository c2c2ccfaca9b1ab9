"""Which processes are monkey-patched: those whose cell is gevent's, and no other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bench.models import MODELS as ALL
from bench.models import load_model
from bench.worker.monkey_patch import MODELS, is_wanted

ROOT = Path(__file__).resolve().parents[2]
PATCHED = """
import sys
from bench.worker.monkey_patch import patch
before = set(sys.modules)
patch(sys.argv[1:])
print("gevent" in sys.modules, bool({"socket", "threading", "ssl"} & before))
"""


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["sleep/gevent/10"], True),
        (["--worker", "-l1", "http_get/gevent/1000?api=raw&ops=0", "--record", "x.json"], True),
        (["sleep/thread/10"], False),
        (["sleep/thread/10", "--record", "runs/gevent/10.json"], False),
        (["sleep/thread/10", "--host-label", "gevent"], False),
        ([], False),
    ],
)
def test_only_a_cell_of_such_a_model_is_patched(arguments: list[str], *, wanted: bool) -> None:
    assert is_wanted(arguments) is wanted


@pytest.mark.parametrize("model", ["thread", *MODELS])
def test_who_patches_comes_before_what_is_patched(model: str) -> None:
    if load_model(model).missing():
        pytest.skip("this model is not here")
    command = [sys.executable, "-c", PATCHED, f"sleep/{model}/10"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == [str(model in MODELS), "False"]


def test_the_models_are_known() -> None:
    assert set(MODELS) <= set(ALL)
