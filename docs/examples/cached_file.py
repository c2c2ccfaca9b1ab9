"""Read 4 KiB that are in the page cache: in place, and from an event loop through a thread of its pool, as aiofiles does it."""

import asyncio
import os
import tempfile

UNLIKE = "asyncio hands each read to a pool of threads, although the page cache has the data and nothing is waited for"
SIZE, FILE = 4096, 1 << 20


class File:
    """A file that was just written, so that it is in the page cache; it goes with the cell."""

    def __init__(self):
        descriptor, self.path = tempfile.mkstemp(prefix="cached_file-")
        os.write(descriptor, bytes(range(256)) * (FILE // 256))
        os.close(descriptor)

    def close(self):
        os.unlink(self.path)


def prepare(order):
    return File()


class open_blocking:
    """The file, opened by each flow."""

    def __init__(self, flow):
        self.path = flow.shared.path

    def __enter__(self):
        self.descriptor = os.open(self.path, os.O_RDONLY)
        return self.descriptor

    def __exit__(self, *_):
        os.close(self.descriptor)


class open_coroutine(open_blocking):
    """Likewise."""

    async def __aenter__(self):
        return self.__enter__()

    async def __aexit__(self, *_):
        self.__exit__()


def op_blocking(seat, task):
    return os.pread(seat, SIZE, task * SIZE % FILE)


async def op_coroutine(seat, task):
    return await asyncio.get_running_loop().run_in_executor(None, os.pread, seat, SIZE, task * SIZE % FILE)


def expect(task):
    return bytes(range(256)) * (SIZE // 256)
