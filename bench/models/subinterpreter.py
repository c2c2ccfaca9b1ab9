"""One interpreter per flow, each with a GIL of its own, in a thread of its own (concurrent.interpreters, Python 3.14 on).

They share the process but no Python object. The flow arrives in a parcel, with copies of the descriptors that it closes,
and maps the board anew. To the kernel they are one process, so the meters are the process's; only garbage is collected by
each interpreter for itself.

They have no primitives: concurrent.interpreters has a queue, but its get and put poll every 10 ms, which is not a wait.
Flows meet at gates, which are pipes.
"""

from __future__ import annotations

import copyreg
import io
import os
import pickle
import socket
import sys
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bench.models import kernel, parcel
from bench.models.model import Model

if TYPE_CHECKING:
    from bench.harness.flow import Flow
    from bench.harness.share import Launch

FROM = (3, 14)
LIVE = "import sys; sys.path[:] = path.split(chr(0)); from bench.models.subinterpreter import live; live(sent)"


def missing() -> str:
    """The module is new."""
    return "" if sys.version_info >= FROM else "needs Python 3.14"


def footprint(flows: int) -> tuple[int, int]:
    """Copies of the ends of three gates, of the pipe for faults, of two boards and their mappings; a thread each."""
    return 11 * flows, flows


def copied(descriptor: kernel.Descriptor) -> tuple[Any, ...]:
    """A descriptor for an interpreter of this process: one more, which it may close."""
    return kernel.Descriptor, (os.dup(descriptor.number),)


def opened(number: int, family: int, kind: int, protocol: int) -> socket.socket:
    """A socket in the interpreter that it was sent to."""
    return socket.socket(family, kind, protocol, fileno=number)


def copied_socket(ours: socket.socket) -> tuple[Any, ...]:
    """Likewise a socket."""
    return opened, (os.dup(ours.fileno()), ours.family, ours.type, ours.proto)


class Packer(pickle.Pickler):
    """Pickles a parcel for another interpreter of this process."""

    dispatch_table: Mapping[type, Any] = {
        **copyreg.dispatch_table,
        kernel.Descriptor: copied,
        socket.socket: copied_socket,
        memoryview: parcel.reduce_words,
    }


def live(sent: bytes) -> None:
    """In the new interpreter."""
    found: parcel.Parcel = pickle.loads(sent)  # noqa: S301 - from this very process
    found.live(whole=False)


class InterpreterFlow:
    """A flow that is an interpreter of its own, in a thread of its own."""

    def __init__(self, job: Launch, flow: Flow, gates: tuple[kernel.SharedGate, ...]) -> None:
        self._job, self._flow, self._gates = job, flow, gates
        self._thread = threading.Thread(target=self._run)
        self._interpreter: Any = None

    def start(self) -> None:
        """Make the interpreter, and what it is sent; start its thread."""
        from concurrent import interpreters  # type: ignore[attr-defined,unused-ignore]  # noqa: PLC0415

        packed = io.BytesIO()
        Packer(packed).dump(parcel.pack(self._job, self._flow, self._gates))
        self._interpreter = interpreters.create()
        self._interpreter.prepare_main(sent=packed.getvalue(), path="\0".join(sys.path))
        self._thread.start()

    def _run(self) -> None:
        try:
            self._interpreter.exec(LIVE)
        except Exception as error:  # noqa: BLE001 - whatever it is, it voids the cell and is reported with its text
            self._job.faults.note(self._flow, error)

    def join(self) -> None:
        """Wait for the thread's end, and end the interpreter."""
        self._thread.join()
        self._interpreter.close()


def launch(job: Launch) -> None:
    """Run the job, one interpreter per flow."""
    n = len(job.flows)
    gates = (kernel.SharedGate(n), kernel.SharedGate(n), kernel.SharedGate(n))
    kernel.launch(job, [InterpreterFlow(job, flow, gates) for flow in job.flows], gates)


MODELS = {
    "subinterpreter": Model(
        kind="kernel",
        about="one interpreter per flow, in a thread of its own (concurrent.interpreters)",
        missing=missing,
        footprint=footprint,
        launch=launch,
    )
}
