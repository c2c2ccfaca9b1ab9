"""The same loops as the workloads' bodies in one plain script, as anybody would write them: what crosscheck.py
compares with.

`python scripts/plain.py WORKLOAD MODEL FLOWS OPS WAIT_MS SEED CPU PORT FILE HEAP [--arranged]` prints JSON: T, C and D in seconds. It
uses nothing of the suite but the two functions that read a response head, which are part of the work. With --arranged, each
coroutine is awaited by one more, and stamps go to one mapping, a row for each flow, as in the suite.
"""

from __future__ import annotations

import asyncio
import json
import math
import mmap
import os
import random
import socket
import sys
import threading
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from time import monotonic_ns, process_time_ns
from typing import Any
from zlib import crc32

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.targets.http_message import body_length, in_head

BLOCK, FILE_BYTES = 4096, 128 * 2**20
ARRANGED = "--arranged"
ACCOUNT = "plain"  # the one that it asks on: whoever runs it has announced that to the server
ROW = 50  # words of a flow's row beside its stamps, with --arranged: about what the suite's board has
pool = ThreadPoolExecutor(32)
Waits = list[float]
Stamps = list[int] | memoryview
Instants = list[tuple[int, int]]  # of each flow: when, and the CPU that this process had used by then
firsts: Instants = []  # its first op ended
ends: Instants = []  # it ended
where: dict[str, str] = {}  # the server's port, the file's path


class Gate:
    """Where threads wait to be released, all at once: a pipe, as in the suite. An Event takes CPU for each of them."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()

    def wait(self) -> None:
        """Wait until it opens."""
        os.read(self._read, 1)

    def set(self) -> None:
        """Open it."""
        os.close(self._write)


class Finish:
    """Where flows wait that have ended, until the last has: as in the suite, so that nobody's exit is in another's CPU."""

    def begin(self, flows: int) -> None:
        """Expect so many flows to end."""
        self.flows = flows
        self.over, self.all_over, self.last_ended = Gate(), asyncio.Event(), threading.Event()

    def note(self) -> None:
        """One more has ended: is it the last?"""
        if len(ends) == self.flows:
            self.last_ended.set()
            self.all_over.set()


finish = Finish()


def first() -> None:
    """Note the end of a flow's first op. In the suite nobody does: its clocks are read from another core."""
    firsts.append((monotonic_ns(), process_time_ns()))


def end() -> None:
    """Note the end of a flow; the last one lets all go."""
    ends.append((monotonic_ns(), process_time_ns()))
    finish.note()


def get(wait_s: float) -> bytes:
    """The request for one page."""
    query = f"cell={ACCOUNT}&flow=0&wait_us={round(wait_s * 1e6)}&bytes=1024"
    return f"GET /page?{query} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


def sleep_thread(waits: Waits, stamps: Stamps, ready: threading.Semaphore, gate: Gate) -> None:
    """Wait, stamp, again."""
    time.sleep(0.001)
    ready.release()
    gate.wait()
    for op, wait_s in enumerate(waits):
        time.sleep(wait_s)
        stamps[op] = monotonic_ns()
        if op == 0:
            first()
    end()
    finish.over.wait()


async def sleep_asyncio(waits: Waits, stamps: Stamps, ready: asyncio.Semaphore, gate: asyncio.Event) -> None:
    """Wait, stamp, again."""
    await asyncio.sleep(0.001)
    ready.release()
    await gate.wait()
    for op, wait_s in enumerate(waits):
        await asyncio.sleep(wait_s)
        stamps[op] = monotonic_ns()
        if op == 0:
            first()
    end()
    await finish.all_over.wait()


def http_get_thread(waits: Waits, stamps: Stamps, ready: threading.Semaphore, gate: Gate) -> None:
    """Ask, read, stamp, again."""
    with socket.create_connection(("127.0.0.1", int(where["port"]))) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        reader, writer = connection.makefile("rb"), connection.makefile("wb")

        def work(requests: list[bytes], stamps: Stamps) -> None:
            size = checksum = 0
            for op, request in enumerate(requests):
                writer.write(request)
                writer.flush()
                head = [reader.readline()]
                while in_head(head):
                    head.append(reader.readline())
                body = reader.read(body_length(head))
                stamps[op] = monotonic_ns()
                if op == 0:
                    first()
                size += len(body)
                checksum = crc32(body, checksum)

        requests = [get(wait_s) for wait_s in waits]
        work([get(0.001)], [0])
        ready.release()
        gate.wait()
        work(requests, stamps)
        end()
        finish.over.wait()


async def http_get_asyncio(waits: Waits, stamps: Stamps, ready: asyncio.Semaphore, gate: asyncio.Event) -> None:
    """Ask, read, stamp, again."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(where["port"]))

    async def work(requests: list[bytes], stamps: Stamps) -> None:
        size = checksum = 0
        for op, request in enumerate(requests):
            writer.write(request)
            await writer.drain()
            head = [await reader.readline()]
            while in_head(head):
                head.append(await reader.readline())
            body = await reader.readexactly(body_length(head))
            stamps[op] = monotonic_ns()
            if op == 0:
                first()
            size += len(body)
            checksum = crc32(body, checksum)

    requests = [get(wait_s) for wait_s in waits]
    await work([get(0.001)], [0])
    ready.release()
    await gate.wait()
    await work(requests, stamps)
    end()
    await finish.all_over.wait()
    writer.close()
    await writer.wait_closed()


def open_file() -> tuple[int, mmap.mmap]:
    """The file that is read past the page cache, and a page to read into."""
    return os.open(where["file"], os.O_RDONLY | os.O_DIRECT), mmap.mmap(-1, BLOCK)


def file_read_thread(waits: Waits, stamps: Stamps, ready: threading.Semaphore, gate: Gate) -> None:
    """Read a block, stamp, again."""
    fd, buffer = open_file()
    offsets = [int(offset) for offset in waits]
    os.preadv(fd, [buffer], 0)
    ready.release()
    gate.wait()
    size = checksum = 0
    for op, offset in enumerate(offsets):
        size += os.preadv(fd, [buffer], offset)
        stamps[op] = monotonic_ns()
        if op == 0:
            first()
        checksum = crc32(buffer, checksum)
    end()
    finish.over.wait()
    os.close(fd)


async def file_read_asyncio(waits: Waits, stamps: Stamps, ready: asyncio.Semaphore, gate: asyncio.Event) -> None:
    """Read a block in the pool, stamp, again."""
    fd, buffer = open_file()
    offsets = [int(offset) for offset in waits]
    await asyncio.get_running_loop().run_in_executor(pool, os.preadv, fd, [buffer], 0)
    ready.release()
    await gate.wait()
    size = checksum = 0
    for op, offset in enumerate(offsets):
        size += await asyncio.get_running_loop().run_in_executor(pool, os.preadv, fd, [buffer], offset)
        stamps[op] = monotonic_ns()
        if op == 0:
            first()
        checksum = crc32(buffer, checksum)
    end()
    await finish.all_over.wait()
    os.close(fd)


def give_up(failed: threading.ExceptHookArgs) -> None:
    """End at once where a flow has failed: the others would wait for it."""
    sys.__excepthook__(failed.exc_type, failed.exc_value or SystemExit(), failed.exc_traceback)
    os._exit(1)


def with_threads(workload: str, flows: list[tuple[Waits, Stamps]]) -> tuple[int, int]:
    """Run the flows as threads; return when they were released, and the CPU used until then."""
    ready, gate, body = threading.Semaphore(0), Gate(), globals()[f"{workload}_thread"]
    threading.excepthook = give_up
    threads = [threading.Thread(target=body, args=(*flow, ready, gate)) for flow in flows]
    for thread in threads:
        thread.start()
    for _ in threads:
        ready.acquire()
    used, start = process_time_ns(), monotonic_ns()
    gate.set()
    finish.last_ended.wait()
    finish.over.set()
    for thread in threads:
        thread.join()
    return start, used


async def inside(body: Coroutine[Any, Any, None]) -> None:
    """Await a body: as the suite does, to park a flow before and after it."""
    await body


def on_a_board(flows: list[tuple[Waits, Stamps]]) -> list[tuple[Waits, Stamps]]:
    """The same flows with their stamps in one mapping."""
    width = ROW + max(len(stamps) for _, stamps in flows)
    words = memoryview(mmap.mmap(-1, 8 * width * len(flows))).cast("q")
    for i in range(len(words)):
        words[i] = 0
    return [(waits, words[at : at + len(waits)]) for at, (waits, _) in zip(count(0, width), flows, strict=False)]


async def with_tasks(workload: str, flows: list[tuple[Waits, Stamps]]) -> tuple[int, int]:
    """Run the flows as tasks; return when they were released, and the CPU used until then."""
    ready, gate, body = asyncio.Semaphore(0), asyncio.Event(), globals()[f"{workload}_asyncio"]
    bodies = [body(*flow, ready, gate) for flow in flows]
    tasks = [asyncio.create_task(inside(one) if ARRANGED in sys.argv else one) for one in bodies]
    for _ in tasks:
        await ready.acquire()
    used, start = process_time_ns(), monotonic_ns()
    gate.set()
    await asyncio.gather(*tasks)
    return start, used


def plan(workload: str, n: int, ops: int, wait_ms: int, seed: int) -> list[tuple[Waits, Stamps]]:
    """Each flow's waits, in seconds, and room for its stamps."""
    flows: list[tuple[Waits, Stamps]] = []
    for index in range(n):
        draw = random.Random(f"{seed}/{index}")
        if workload == "file_read":  # places in the file instead of waits
            waits = [float(draw.randrange(FILE_BYTES // BLOCK) * BLOCK) for _ in range(ops)]
        else:
            # The first wait begins before the gate opens; of the others, one is drawn from each equal part of the range.
            waits = [int(wait_ms * 1000 * math.sqrt(0.25 + draw.random() * 2) * draw.random()) / 1e6]
            others = [round(wait_ms * 1000 * (0.5 + (i + draw.random()) / (ops - 1))) / 1e6 for i in range(ops - 1)]
            draw.shuffle(others)
            waits += others
        flows.append((waits, [0] * ops))
    return flows


def run(workload: str, model: str, flows: list[tuple[Waits, Stamps]]) -> tuple[float, float, float]:
    """Run the flows; return T, C and D in seconds. D is CPU per op from when every flow had ended its first op."""
    firsts.clear()
    ends.clear()
    finish.begin(len(flows))
    start, used = with_threads(workload, flows) if model == "thread" else asyncio.run(with_tasks(workload, flows))
    if any(0 in stamps for _, stamps in flows):
        sys.exit("an op left no stamp")
    (running, used_by_then), (ended, in_all) = max(firsts[-len(flows) :]), max(ends)
    after = sum(stamp > running for _, stamps in flows for stamp in stamps)
    return (ended - start) / 1e9, (in_all - used) / 1e9, (in_all - used_by_then) / 1e9 / max(1, after)


def main() -> None:
    """Pin, run, print."""
    workload, model = sys.argv[1:3]
    n, ops, wait_ms, seed, cpu = map(int, sys.argv[3:8])
    where.update(port=sys.argv[8], file=sys.argv[9])
    os.sched_setaffinity(0, {cpu})
    if sys.argv[10] == "roomy":
        bytearray(1 << 20)  # room for asyncio's receive buffer: see bench/harness/heap.py
    flows = plan(workload, n, ops, wait_ms, seed)
    t, c, d = run(workload, model, on_a_board(flows) if ARRANGED in sys.argv else flows)
    print(json.dumps({"T": t, "C": c, "D": d}))


if __name__ == "__main__":
    main()
