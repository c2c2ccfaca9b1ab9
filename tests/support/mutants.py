"""Run folders that somebody spoilt, each from a seed: in their JSON, their bytes, or what lies in them.

A mutant is one of a few small whole runs with one to three faults. `outcome` renders it as `bench report` does, in this
process, and says what must never happen: a traceback, a write outside, more than one line of error, a page with a number that is none.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import re
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bench.commands.main import main
from bench.store.manifest import FILE, JUDGEMENT, PAGE, RAW, RESULTS, Disturbance, NotRun, Rung, Void
from bench.store.runs import REPORTS
from bench.words import Finding
from tests.support.records import make_record, rounds_of
from tests.support.runs import make_run, record_texts

MOST_RECORDS = 20
MORE_S = 2.0  # of CPU, than the folder unspoilt may take
HANGS_S = 60
LONGEST_LINE = 1_000  # characters of a message
FORMS = "json,markdown,csv,terminal"
WRITTEN = (JUDGEMENT, "summary.md", "records.csv", RESULTS, PAGE)
SCRIPT = re.compile(r"<script>.*?</script>", re.DOTALL)
NO_NUMBER = re.compile(r"(?<![\w.$-])[-+−]?(?:nan|inf|infinity)(?![\w-])", re.IGNORECASE)

LONG = "x" * 100_000
DEEP: Any = json.loads("[" * 500 + "]" * 500)
DEEP_MAP: Any = json.loads('{"a":' * 400 + "1" + "}" * 400)
TEXTS = (
    "",
    "x",
    "../../x",
    LONG,
    "\ud800",
    "a\udfffb",
    "\x1b[31m",
    "a\nb",
    "\u202eabc",
    "<b>",
    "=1+1",
    "5",
    "sleep",
    "thread",
    "\0",
)
NUMBERS = (
    *(0, -1, 1, 2, 7, -0.0, 1e-9, 5e-324, 1e-300, 0.5, 1e9, 1e18, -1e18, 2**31, 2**62, 2**63 - 1, 2**63, -(2**63)),
    *(10**18, 10**30, 10**400, 1e300, 1.7e308, float("nan"), float("inf"), float("-inf")),
)
ODD: tuple[Any, ...] = (
    *TEXTS,
    *NUMBERS,
    None,
    True,
    False,
    [],
    {},
    [1],
    ["x"],
    [[]],
    {"x": 1},
    [None] * 1000,
    DEEP,
    DEEP_MAP,
)
FOREIGN = (
    b'{"results":[{"command":"sleep 0.1","mean":0.1,"times":[0.1]}]}',
    b'{"context":{"num_cpus":2},"benchmarks":[{"name":"BM_x","real_time":1.0,"time_unit":"ns"}]}',
    gzip.compress(b'{"benchmarks": []}', mtime=0),
)


@dataclass(frozen=True)
class Outcome:
    """What became of a mutant: the exit status, and what must not have happened, or an empty string. Times in s of CPU."""

    status: int
    fault: str
    cpu_s: float
    said: str = ""


def bases(folder: Path) -> list[Path]:
    """Make the runs that mutants are made of: one scripted with something in every part, two cut out of the gallery's."""
    void = make_record("http_get/asyncio/100", 11, void="it did other work")
    timeline = "0 work 0 5000;0 wait 5000 15000;0 work 15000 20000;1 ready 0 2000;1 work 2000 25000"
    records = [
        *rounds_of("http_get/thread/100", [0.4, 0.41, 0.42, 0.4, 0.43, 0.44]),
        *rounds_of("http_get/asyncio/100", [0.5, 0.51, 0.49, 0.52, 0.5, 0.51], [6e-5] * 6),
        *rounds_of("two_flows/thread/2", [0.03] * 2, timeline=timeline),
        *rounds_of("two_flows/asyncio/2", [0.03] * 2, timeline=timeline),
        make_record("park/thread/100"),
        make_record("park/thread/1000"),
        void,
    ]
    scripted = make_run(
        folder / "scripted",
        records,
        void=[Void(void.id, void.cell.name, 11, 1, "it did other work")],
        superseded=["r009.http_get.thread.100.a1"],
        not_run=[NotRun("http_get/process/5000", "pids.max is 4096, this cell needs 5066")],
        findings=[Finding("warning", "the budget was spent", "give it more time")],
        scale=[Rung("park/thread/1000", "no more threads", 1.5, 10**8)],
        disturbed=[Disturbance("http_get/100", 2, "something else ran", again=False)],
        precision={"T": 0.007, "D": 0.05},
    )
    made = [scripted]
    for number, run in enumerate(sorted((REPORTS / "gallery").glob(f"*/*/{FILE}"))[:2]):
        made.append(folder / f"real{number}")
        (made[-1] / RAW).mkdir(parents=True)
        shutil.copy(run, made[-1])
        texts = record_texts(run.parent)
        kinds = {name.split(".")[1]: name for name in texts}  # a record of each workload, then pairs to be compared
        pairs = [name for name in texts if re.match(r"r00\d\.http_get\.(thread|asyncio)\.100\.a", name)]
        for name in list(dict.fromkeys([*kinds.values(), *pairs]))[:MOST_RECORDS]:
            (made[-1] / RAW / name).write_bytes(texts[name])
    return made


def nodes(content: Any) -> Iterator[tuple[Any, Any]]:
    """Every place of a JSON: its map or list, and the key or index there."""
    keys: Any = (
        content.keys() if isinstance(content, dict) else range(len(content)) if isinstance(content, list) else ()
    )
    for key in list(keys):
        yield content, key
        yield from nodes(content[key])


def place(content: Any, dice: random.Random) -> tuple[Any, Any] | None:
    """One place: at half of the times any, else one that begins near the top, where most is decided."""
    everywhere = list(nodes(content))
    if not everywhere:
        return None
    return dice.choice(everywhere if dice.random() < 0.5 else everywhere[: max(1, len(everywhere) // 5)])


def replaced(content: Any, dice: random.Random) -> str:
    """Put something odd somewhere."""
    if found := place(content, dice):
        found[0][found[1]] = dice.choice(ODD)
    return json.dumps(content)


def changed_number(content: Any, dice: random.Random) -> str:
    """Make a number another one."""
    numbers = [(at, key) for at, key in nodes(content) if type(at[key]) in (int, float)]
    if numbers:
        at, key = dice.choice(numbers)
        at[key] = dice.choice([*NUMBERS, -at[key], at[key] * 1000, at[key] / 1000, at[key] + 1])
    return json.dumps(content)


def removed(content: Any, dice: random.Random) -> str:
    """Take something away."""
    if found := place(content, dice):
        del found[0][found[1]]
    return json.dumps(content)


def renamed(content: Any, dice: random.Random) -> str:
    """Give something another name, and leave the old one at times."""
    found = place(content, dice)
    if found and isinstance(found[0], dict):
        at, key = found
        at[dice.choice(TEXTS)] = at[key] if dice.random() < 0.5 else at.pop(key)
    return json.dumps(content)


def doubled(content: Any, dice: random.Random) -> str:
    """Have something twice: an entry of a list, or a name in the text."""
    text = json.dumps(content)
    lists = [at[key] for at, key in nodes(content) if isinstance(at[key], list) and at[key]]
    if lists and dice.random() < 0.5:
        entries = dice.choice(lists)
        entries += [dice.choice(entries)] * dice.choice([1, 1, 1000])
        return json.dumps(content)
    return re.sub(r'"(\w+)": (\d+)', lambda found: f"{found[0]}, {found[0]}", text, count=1)


def swapped(content: Any, dice: random.Random) -> str:
    """Let two values change places."""
    one, other = place(content, dice), place(content, dice)
    if one and other:
        first, second = one[0][one[1]], other[0][other[1]]
        one[0][one[1]] = json.loads(json.dumps(second))
        try:
            other[0][other[1]] = json.loads(json.dumps(first))
        except (KeyError, IndexError):
            return json.dumps(content)
    return json.dumps(content)


JSON: tuple[Callable[[Any, random.Random], str], ...] = (
    replaced, replaced, changed_number, changed_number, changed_number, removed, renamed, doubled, swapped,
)  # fmt: skip


def of_json(path: Path, dice: random.Random) -> str:
    """Spoil a file's JSON."""
    try:
        content = json.loads(path.read_bytes())
        how = dice.choice(JSON)
        text = how(content, dice)
    except (ValueError, RecursionError, OSError, OverflowError):
        return "nothing"  # another fault was faster
    path.write_text(text, encoding="utf-8")
    return how.__name__


def of_bytes(path: Path, dice: random.Random) -> str:
    """Spoil a file's bytes."""
    content = bytearray(path.read_bytes() if path.is_file() else b"x")
    how = dice.choice(["cut", "flip", "flip", "insert", "empty", "append", "replace digits"])
    at = dice.randrange(len(content)) if content else 0
    if how == "cut":
        del content[at:]
    elif how == "flip" and content:
        content[at] ^= 1 << dice.randrange(8)
    elif how == "insert":
        content[at:at] = dice.randbytes(dice.choice([1, 4, 1000]))
    elif how == "empty":
        content.clear()
    elif how == "append":
        content += dice.choice([b"}", b"\0", b"NaN", b"\xff\xfe", b"[" * 10_000])
    elif how == "replace digits":
        content = bytearray(re.sub(rb"\d\d+", lambda found: found[0] * dice.choice([1, 1, 1, 3, 30]), bytes(content)))
    path.write_bytes(content)
    return how


def sparse(path: Path, dice: random.Random) -> None:
    """Make a file with nothing in it that is as long as it says."""
    path.touch()
    os.truncate(path, dice.choice([1, 2**24 + 1, 2**36]))


# What lies in a file's place.
LAID: Mapping[str, Callable[[Path, Path, random.Random], object]] = {
    "link": lambda path, victim, dice: path.symlink_to(victim / "canary"),
    "link to nothing": lambda path, victim, dice: path.symlink_to(victim / "new"),
    "link to a folder": lambda path, victim, dice: path.symlink_to(victim),
    "folder": lambda path, victim, dice: path.mkdir(),
    "pipe": lambda path, victim, dice: os.mkfifo(path),
    "sparse": lambda path, victim, dice: sparse(path, dice),
    "foreign": lambda path, victim, dice: path.write_bytes(dice.choice(FOREIGN)),
}


def of_folder(folder: Path, victim: Path, dice: random.Random) -> str:
    """Spoil what lies in a run's folder; `victim`: somebody's folder outside it."""
    records = sorted((folder / RAW).glob("*.json"))
    name = dice.choice(
        [*WRITTEN, FILE, *(f"{RAW}/{path.name}" for path in records[:3]), f"{RAW}/r001.sleep.thread.1.a1.json"]
    )
    path = folder / name
    how = dice.choice([*LAID, "temporary", "raw", "copy"])
    if how in LAID:
        path.unlink(missing_ok=True)
        LAID[how](path, victim, dice)
    elif how == "temporary":
        for number in (str(os.getpid()), "1", "0" * 16):
            (folder / f".{path.name}.{number}.tmp").symlink_to(victim / "canary")
    elif how == "raw":
        shutil.rmtree(folder / RAW)
        raw = folder / RAW
        instead: tuple[Callable[[], object], ...] = (raw.exists, raw.touch, raw.mkdir, partial(raw.symlink_to, victim))
        dice.choice(instead)()
    elif records:
        shutil.copy(records[0], folder / RAW / f"{dice.choice(['z', 'r001.a', 'n' * 240])}.json")
    return f"{how} {name}"


def mutate(folder: Path, victim: Path, seed: int) -> str:
    """Spoil a run's folder by a seed; return what was done."""
    dice = random.Random(seed)
    done = []
    for _ in range(dice.choice([1, 1, 1, 2, 3])):
        files = (
            sorted((folder / RAW).glob("*.json")) if (folder / RAW).is_dir() and not (folder / RAW).is_symlink() else []
        )
        files = [path for path in files if path.is_file() and not path.is_symlink()]
        whole = (folder / FILE).is_file() and not (folder / FILE).is_symlink()
        path = folder / FILE if whole and (not files or dice.random() < 0.5) else dice.choice(files) if files else None
        kind = dice.random()
        if path is None or path.stat().st_size > 10**8:
            break
        if kind < 0.65:
            done.append(f"{path.name}: {of_json(path, dice)}")
        elif kind < 0.8:
            done.append(f"{path.name}: {of_bytes(path, dice)}")
        else:
            try:
                done.append(of_folder(folder, victim, dice))
            except OSError:  # an earlier fault is in its way
                continue
    return "; ".join(done)


def base_of(seed: int, count: int) -> int:
    """Which run a mutant is made of: mostly the first, which has something in every part and renders fastest."""
    return max(0, seed % 12 - 12 + count)


def make_mutant(made: list[Path], at: Path, seed: int) -> tuple[Path, Path, str]:
    """Copy a run and spoil it; return its folder, somebody's folder beside it, and what was done."""
    shutil.rmtree(at, ignore_errors=True)
    victim = at / "victim"
    victim.mkdir(parents=True)
    (victim / "canary").write_text("mine")
    folder = at / "run"
    shutil.copytree(made[base_of(seed, len(made))], folder)
    return folder, victim, mutate(folder, victim, seed)


class HangsError(BaseException):
    """It took longer than anything may: no handler of the suite's catches this."""


@contextmanager
def limited(seconds: int) -> Iterator[None]:
    """Raise HangsError after so long. The timer is the process's only one: a time limit of pytest's ends with it."""

    def late(_number: int, _frame: object) -> None:
        raise HangsError

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def outcome(folder: Path, victim: Path, forms: str = FORMS) -> Outcome:
    """Render a run, and say what must not have happened."""
    out, err, since = io.StringIO(), io.StringIO(), time.process_time()
    try:
        with redirect_stdout(out), redirect_stderr(err), limited(HANGS_S):
            status = main(["report", str(folder), "--format", forms])
    except (Exception, HangsError) as error:  # noqa: BLE001 - that there is any is the fault
        import traceback  # noqa: PLC0415 - only of a fault

        return Outcome(
            -1, f"{type(error).__name__}: {str(error)[:200]}", time.process_time() - since, traceback.format_exc()
        )
    cpu_s = time.process_time() - since
    return Outcome(
        status, fault_of(folder, victim, status, out.getvalue(), err.getvalue(), forms), cpu_s, err.getvalue()
    )


def fault_of(folder: Path, victim: Path, status: int, out: str, err: str, forms: str) -> str:
    """What is wrong with what was written and said, or an empty string."""
    if [path.name for path in victim.iterdir()] != ["canary"] or (victim / "canary").read_text() != "mine":
        return "it wrote outside"
    if err:
        well = err.startswith("bench: ") and err.count("\n") == 1 and len(err) < LONGEST_LINE and status in {1, 2}
        return "" if well else f"no one line: {err[:300]!r}"
    if status not in {0, 1}:
        return f"status {status} and nothing said"
    texts = {"the terminal": out}
    for file, form in (("report.json", "json"), ("summary.md", "markdown"), ("records.csv", "csv"), (PAGE, "html")):
        if form in forms.split(","):
            texts[file] = (folder / file).read_text()
    for name, text in texts.items():
        shown = SCRIPT.sub("", text)  # our own scripts may speak of such numbers
        if found := NO_NUMBER.search(shown):
            return f"{name} has {shown[max(0, found.start() - 60) : found.end() + 20]!r}"
        if not text.isprintable() and re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text):
            return f"{name} has control characters"
    json.loads(texts["report.json"], parse_constant=lambda text: 1 / 0)
    return ""
