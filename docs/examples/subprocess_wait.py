"""Start a program and wait for its end: subprocess.run under threads, create_subprocess_exec under asyncio."""

import asyncio
import subprocess

UNLIKE = "subprocess.run forks in C and waits for a pipe; asyncio's subprocess transport watches the child for the event loop"
FLOWS = (1, 10)
OPS = 5
PROGRAM = ("/bin/echo", "hello")


def op_blocking(seat, task):
    return subprocess.run(PROGRAM, stdout=subprocess.PIPE, check=True).stdout


async def op_coroutine(seat, task):
    process = await asyncio.create_subprocess_exec(*PROGRAM, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    return output


def expect(task):
    return b"hello\n"
