"""When a core or a process was between two tracepoints of the kernel, and on whose account (man 2 perf_event_open).

Strategy: one event each for the first and for the second tracepoint. Both write a sample, its instant and its process, into one ring
buffer, which is read when they have been switched off. The numbers of tracepoints stand in tracefs. It need not be mounted
anywhere: a mount that has no place in any tree is read through its descriptor (man 2 fsmount), and is gone with it.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import platform
import struct
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Self

_LIBC = ctypes.CDLL(None, use_errno=True)
# Numbers of system calls: the newer ones are the same everywhere.
_PERF_EVENT_OPEN = {"x86_64": 298, "aarch64": 241, "riscv64": 241}
_FSOPEN, _FSCONFIG, _FSMOUNT = 430, 431, 432
_CLOSE_ON_EXEC, _CREATE = 1, 6  # FSOPEN_CLOEXEC and FSMOUNT_CLOEXEC; FSCONFIG_CMD_CREATE
# linux/perf_event.h: what an event is, what its samples have, and what it can be told.
_TRACEPOINT, _PROCESS, _TIME, _WHICH = 2, 1 << 1, 1 << 2, 1 << 16
_DISABLED, _CLOCK_GIVEN, _MONOTONIC = 1 << 0, 1 << 25, 1
_CLOEXEC = 8
_ENABLE, _DISABLE, _INTO, _FILTER, _ID = 0x2400, 0x2401, 0x2405, 0x40082406, 0x80082407
_ATTRIBUTES = struct.Struct("=IIQQQQQIIQQQQIiQ")  # up to sample_regs_intr: PERF_ATTR_SIZE_VER3
_HEAD, _SAMPLE, _SAMPLE_TYPE = struct.Struct("=IHH"), struct.Struct("=QIIQ"), 9
_WRITTEN_AT = 1024  # of the first page: how many bytes were ever written, data_head
MISSING = 0.01
ROOM = 8 << 20  # bytes of a ring buffer, a power of two: 130,000 times between two tracepoints


@dataclass(frozen=True)
class Span:
    """A time between two tracepoints, monotonic ns, and the process whose task was running."""

    process: int
    began_ns: int
    ended_ns: int


def numbers(*names: str) -> list[int]:
    """The kernel's numbers of some tracepoints, named as in "irq/softirq_entry". Raises OSError where they are not to be had."""
    with ExitStack() as stack:

        def opened(number: int, *arguments: object) -> int:
            descriptor = _call(number, *arguments)
            stack.callback(os.close, descriptor)
            return descriptor

        system = opened(_FSOPEN, b"tracefs", ctypes.c_uint(_CLOSE_ON_EXEC))
        _call(_FSCONFIG, ctypes.c_int(system), ctypes.c_uint(_CREATE), None, None, ctypes.c_int(0))
        mount = opened(_FSMOUNT, ctypes.c_int(system), ctypes.c_uint(_CLOSE_ON_EXEC), ctypes.c_uint(0))
        found = []
        for name in names:
            file = os.open(f"events/{name}/id", os.O_RDONLY | os.O_CLOEXEC, dir_fd=mount)
            stack.callback(os.close, file)
            found.append(int(os.read(file, 20)))
        return found


class Spans:
    """Notes each time between two tracepoints, from being made to `stop`. Raises OSError where the kernel does not allow it.

    Of a core (`cpu`), whatever runs there; or of one thread of a process (`process`), wherever it runs. `condition`: on the
    tracepoints' fields, in the kernel's words.
    """

    def __init__(self, first: int, second: int, condition: str, *, cpu: int = -1, process: int = -1) -> None:
        self._stack = ExitStack()
        try:
            self._events = [self._open(number, condition, cpu, process) for number in (first, second)]
            self._buffer = self._stack.enter_context(mmap.mmap(self._events[0], mmap.PAGESIZE + ROOM))
            _control(self._events[1], _INTO, ctypes.c_int(self._events[0]))
            self._ids = [_id(event) for event in self._events]
            for event in reversed(self._events):
                _control(event, _ENABLE, ctypes.c_int(0))
        except BaseException:
            self._stack.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Give everything back."""
        self._stack.close()

    def _open(self, number: int, condition: str, cpu: int, process: int) -> int:
        sampled = _PROCESS | _TIME | _WHICH
        flags = _DISABLED | _CLOCK_GIVEN
        attributes = _ATTRIBUTES.pack(
            *(_TRACEPOINT, _ATTRIBUTES.size, number, 1, sampled, 0, flags, 0, 0, 0, 0, 0, 0, 0, _MONOTONIC, 0)
        )
        call = _PERF_EVENT_OPEN.get(platform.machine())
        if call is None:
            raise OSError(0, f"unknown number of perf_event_open on {platform.machine()}")
        ends = (ctypes.c_int(process), ctypes.c_int(cpu), ctypes.c_int(-1))
        event = _call(call, attributes, *ends, ctypes.c_ulong(_CLOEXEC))
        self._stack.callback(os.close, event)
        _control(event, _FILTER, ctypes.c_char_p(condition.encode()))
        return event

    def stop(self) -> list[Span] | None:
        """Note no more; return what was noted, in order. None where more than a hundredth of it is missing."""
        for event in self._events:
            _control(event, _DISABLE, ctypes.c_int(0))
        (written,) = struct.unpack_from("=Q", self._buffer, _WRITTEN_AT)
        samples = list(_samples(self._buffer[mmap.PAGESIZE : mmap.PAGESIZE + min(written, ROOM)]))
        # An event counts what it had no room for, too. (On Linux 6.18, one in a thousand is now and then missing without that.)
        counted = sum(int.from_bytes(os.read(event, 8), "little") for event in self._events)
        if counted - len(samples) > MISSING * counted:
            return None
        return spans(samples, self._ids[0])


Sample = tuple[int, int, int]  # which event, the process, when


def spans(samples: list[Sample], first: int) -> list[Span]:
    """Pair samples of the first event with those of the other. One whose partner came before, or after, has none."""
    found, since = [], 0
    for event, process, at_ns in samples:
        if event == first:
            since = at_ns
        elif since:
            found.append(Span(process, since, at_ns))
            since = 0
    return found


def _samples(data: bytes) -> Iterator[Sample]:
    at = 0
    while at < len(data):
        kind, _, size = _HEAD.unpack_from(data, at)
        if kind == _SAMPLE_TYPE:
            event, process, _, at_ns = _SAMPLE.unpack_from(data, at + _HEAD.size)
            yield event, process, at_ns
        at += size


def _id(event: int) -> int:
    found = ctypes.c_uint64()
    _control(event, _ID, ctypes.byref(found))
    return found.value


def _control(event: int, request: int, argument: object) -> None:
    if _LIBC.ioctl(ctypes.c_int(event), ctypes.c_ulong(request), argument) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _call(number: int, *arguments: object) -> int:
    found = int(_LIBC.syscall(ctypes.c_long(number), *arguments))
    if found < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return found
