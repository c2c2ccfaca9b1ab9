"""Read a row of SQLite: in the flow's own thread, and from an event loop through a thread of its pool."""

import asyncio
import os
import sqlite3
import tempfile
from contextlib import asynccontextmanager, contextmanager

UNLIKE = "asyncio hands each query to a pool of threads, because SQLite has nothing to await"
FLOWS = (1, 10)
ROWS = 1000


class Database:
    """A file that goes with the cell. Flows reach it as flow.shared; it is picklable, so process_spawn can have it."""

    def __init__(self):
        self.path = os.path.join(tempfile.mkdtemp(prefix="sqlite_read-"), "rows.db")
        with sqlite3.connect(self.path) as connection:
            connection.execute("create table rows (id integer primary key, text text)")
            connection.executemany("insert into rows values (?, ?)", [(i, f"row {i}") for i in range(ROWS)])
        connection.close()

    def close(self):
        os.unlink(self.path)
        os.rmdir(os.path.dirname(self.path))


def prepare(order):
    return Database()


def read(connection, number):
    return connection.execute("select text from rows where id = ?", (number % ROWS,)).fetchone()[0]


@contextmanager
def open_blocking(flow):
    # A thread pool may open the seat in another thread than the one that uses it.
    connection = sqlite3.connect(flow.shared.path, check_same_thread=False)
    try:
        yield connection
    finally:
        connection.close()


@asynccontextmanager
async def open_coroutine(flow):
    with open_blocking(flow) as connection:
        yield connection


def op_blocking(seat, task):
    return read(seat, task)


async def op_coroutine(seat, task):
    return await asyncio.get_running_loop().run_in_executor(None, read, seat, task)


def expect(task):
    return f"row {task % ROWS}"
