"""Running one cell as a process of its own: tiny programs stand in for the cell."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from time import monotonic, sleep

import pytest

from bench.campaign.subprocesses import Attempt, Outcome, Subprocesses
from bench.machine import kills
from bench.machine.children import bytecode
from bench.words import Cell

SAY = """
import os
def say(text):
    os.write(int(os.environ["BENCH_ANSWER_FD"]), text.encode())
"""
FORKS = """
import os, sys, time
child = os.fork()
if child:
    with open("{0}.new", "w") as file:
        file.write(str(child))
    os.rename("{0}.new", "{0}")
    {1}
else:
    time.sleep(300)
"""


@dataclass(frozen=True)
class StandIn(Subprocesses):
    """Runs a program of ours instead of a cell."""

    program: str = ""

    def command(self, attempt: Attempt) -> list[str]:
        return [sys.executable, "-S", "-E", "-c", SAY + self.program]


def attempt(limit_s: float = 60.0) -> Attempt:
    return Attempt(Cell("sleep", "thread", 2), 3, 1, Path("unused.json"), limit_s)


def outcome(program: str, limit_s: float = 60.0) -> Outcome:
    return StandIn(cpu=0, cpus=[0], seed=7, host="here", program=program)(attempt(limit_s))


def ended(pid: int) -> bool:
    """Is a process gone, or dead and only waiting for whoever adopted it to notice?"""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in {"Z", "X"}
    except (FileNotFoundError, ProcessLookupError):
        return True


def soon_ended(pid: int) -> bool:
    """Wait, because the kernel ends a killed process when it comes to it."""
    stop = monotonic() + 30
    while not ended(pid) and monotonic() < stop:
        sleep(0.01)
    return ended(pid)


@pytest.fixture
def grandchild(tmp_path: Path) -> Iterator[Path]:
    """The file in which a stand-in leaves its child's pid; whatever happens, that child does not outlive the test."""
    file = tmp_path / "pid"
    yield file
    if file.exists() and not ended(int(file.read_text())):
        os.kill(int(file.read_text()), signal.SIGKILL)


def test_a_cell_that_says_it_is_valid_is_valid() -> None:
    assert outcome("""say('{"void": null}')""") == Outcome()


def test_a_cell_that_says_why_it_is_void_is_void_and_not_lost() -> None:
    assert outcome("""import sys; say('{"void": "flow 1 did 3 ops"}'); sys.exit(1)""") == Outcome("flow 1 did 3 ops")


def test_nothing_that_is_printed_is_taken_for_an_answer() -> None:
    """As a site's module prints at the start, and an exit handler at the end."""
    program = """import atexit, sys; print('hello'); atexit.register(print, '{"void": "printed"}')
print('x' * 10**6); print('{', file=sys.stderr); say('{"void": "said"}')"""
    assert outcome(program) == Outcome("said")


def test_a_cell_that_says_another_try_may_help_is_lost() -> None:
    said = """say('{"void": "a flow was killed", "lost": true}')"""
    assert outcome(said) == Outcome("a flow was killed", lost=True)


@pytest.mark.parametrize("output", ["", "garbage", "[1]", '{"other": 1}', "{", "null"])
def test_a_cell_that_answers_garbage_is_void_with_its_last_complaint(output: str) -> None:
    found = outcome(
        f"import sys; say({output!r}); print('first', 'Trouble: at last', sep=chr(10), file=sys.stderr); sys.exit(4)"
    )
    assert not found.lost
    assert "exit status 4" in found.void
    assert found.void.endswith("Trouble: at last")


def test_a_cell_that_says_nothing_at_all_is_void_and_so_is_said() -> None:
    assert outcome("pass") == Outcome("it ended with exit status 0: it said nothing")


def test_a_traceback_is_put_in_one_line() -> None:
    found = outcome("raise RuntimeError('no more seats')")
    assert found.void.endswith("RuntimeError: no more seats")
    assert "\n" not in found.void


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_a_cell_that_is_killed_is_lost(number: signal.Signals) -> None:
    found = outcome(f"say('{{\"void\": null}}'); os.kill(os.getpid(), {int(number)})")
    assert found.lost
    assert number.name in found.void


def test_a_kill_for_want_of_memory_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kills, "explain_kill", lambda _: "the kernel killed it for memory")
    killed = outcome("import os; os.kill(os.getpid(), 9)")
    assert killed == Outcome("it was killed by signal 9 (SIGKILL): the kernel killed it for memory", lost=True)
    assert outcome("""say('{"void": null}')""") == Outcome()


def test_a_real_time_signal_which_has_no_name_is_a_loss_too() -> None:
    assert outcome(f"import os; os.kill(os.getpid(), {int(signal.SIGRTMIN) + 1})").lost


def test_the_time_limit_ends_the_whole_tree(grandchild: Path) -> None:
    found = outcome(FORKS.format(grandchild, "time.sleep(300)"), limit_s=1.5)
    assert not found.lost
    assert "time limit" in found.void
    assert soon_ended(int(grandchild.read_text()))


def test_a_cell_that_waits_for_a_flow_that_was_killed_is_lost() -> None:
    program = """
import os, signal, time
if os.fork() == 0:
    os.kill(os.getpid(), signal.SIGKILL)
time.sleep(300)
"""
    found = outcome(program, limit_s=1.5)
    assert found == Outcome("it did not end within its time limit of 2 s: one of its processes was killed", lost=True)


def test_a_child_that_has_ended_by_itself_is_no_loss() -> None:
    program = "import os, time\nif os.fork() == 0:\n    os._exit(3)\ntime.sleep(300)"
    assert not outcome(program, limit_s=1.5).lost


def test_what_a_cell_leaves_behind_is_ended(grandchild: Path) -> None:
    """It has closed what it shares with the cell, so the cell's own end is not held up."""
    program = FORKS.format(grandchild, """say('{"void": null}')""").replace(
        "    time.sleep", "    os.close(int(os.environ['BENCH_ANSWER_FD'])); time.sleep"
    )
    assert outcome(program) == Outcome()
    assert soon_ended(int(grandchild.read_text()))


def test_an_interrupt_ends_the_tree_and_goes_on_to_the_campaign(grandchild: Path) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    program = FORKS.format(grandchild, "time.sleep(300)")
    with pytest.raises(KeyboardInterrupt):
        StandIn(cpu=0, cpus=[0], seed=7, host="here", tick=interrupt, program=program)(attempt())
    assert soon_ended(int(grandchild.read_text()))


def test_somebody_is_told_that_time_passes_while_a_cell_runs() -> None:
    ticks: list[int] = []
    StandIn(
        cpu=0,
        cpus=[0],
        seed=7,
        host="here",
        tick=lambda: ticks.append(1),
        program="import time; time.sleep(1.3)",
    )(attempt())
    assert ticks


def test_a_cell_knows_who_started_it_and_has_no_input() -> None:
    found = outcome(
        "import json, os, sys; say(json.dumps({'void': os.environ['BENCH_PARENT_PID'] + sys.stdin.read()}))"
    )
    assert found == Outcome(str(os.getpid()))


def test_a_long_answer_does_not_block_the_cell() -> None:
    program = """import sys; sys.stderr.write('x' * 10**6); say(' ' * 10**6); say('{"void": null}')"""
    assert outcome(program) == Outcome()


def command(
    cell: str = "sleep/thread/2", round_: int = 3, *, targets: Sequence[str] = (), verify: bool = False
) -> list[str]:
    runner = Subprocesses(cpu=1, cpus=[0, 1], seed=7, host="a-host", targets=targets, verify=verify)
    return runner.command(Attempt(Cell.parse(cell), round_, 2, Path("r.json"), 60.0))


def after(option: str, words: list[str]) -> str:
    return words[words.index(option) + 1]


def test_the_command_says_everything_that_the_record_must_say() -> None:
    words = command()
    assert words[:4] == [sys.executable, "-m", "bench.worker.main", "sleep/thread/2"]
    said = {option: after(option, words) for option in ("--cpu", "--round", "--attempt", "--host-label", "--record")}
    assert said == {"--cpu": "1", "--round": "3", "--attempt": "2", "--host-label": "a-host", "--record": "r.json"}
    assert "--target" not in words


def test_the_seed_is_that_of_the_round_and_the_same_for_all_models() -> None:
    assert after("--seed", command("sleep/thread/2")) == after("--seed", command("sleep/asyncio/2"))
    assert after("--seed", command(round_=3)) != after("--seed", command(round_=4))


def test_a_proof_leaves_no_record() -> None:
    words = command(verify=True)
    assert "--verify" in words
    assert "--record" not in words


def test_each_target_of_the_run_is_named_to_every_cell() -> None:
    words = command(targets=("http=8080", "postgres="))
    assert [word for before, word in pairwise(words) if before == "--target"] == ["http=8080", "postgres="]


def test_cells_find_their_modules_compiled_whatever_the_user_s_environment_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    said = "{'void': str(os.environ.get('PYTHONDONTWRITEBYTECODE', '')) + os.environ['PYTHONPYCACHEPREFIX']}"
    assert outcome(f"import os, json; say(json.dumps({said}))") == Outcome(str(bytecode()))
