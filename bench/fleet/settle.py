"""The first program on a host, sent over SSH: any Python 3 can read it. It unpacks the suite, has the environment made, becomes its Python.

Standard input: the size of this text and this text, a JSON line, the suite as a tar file; then what `bench.fleet.host` reads.
Standard output: JSON lines. It imports nothing of the suite, which is not there yet.
"""

import io
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
from typing import NoReturn

NEEDED_BYTES = 1536 * 2**20  # the suite, its environment, and a run
LOOK_MS = 200  # between two looks at whether an environment is made
SHOWN = 300  # characters of another program's last line


def say(**what: object) -> None:
    """Tell the client."""
    os.write(1, json.dumps(what).encode() + b"\n")


def fail(why: str) -> NoReturn:
    """Tell the client why not, and end."""
    say(failed=why)
    sys.exit(1)


def take(stream: io.RawIOBase, size: int) -> bytes:
    """Exactly so many bytes."""
    parts = []  # type: list[bytes]
    while size > 0:
        part = stream.read(min(size, 1 << 16))
        if not part:
            sys.exit(1)  # the client has gone
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def extract(content: bytes, folder: str) -> None:
    """Unpack the client's tar; the filter is there from Python 3.11.4 on, and in 3.11 of some distributions."""
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        if hasattr(tarfile, "data_filter"):
            tar.extractall(folder, filter="data")
        else:
            tar.extractall(folder)  # noqa: S202 - made by the client, who may run programs here


def unpack(content: bytes, folder: str) -> None:
    """The client's own tar: made of its checkout, over the user's own SSH."""
    beside = tempfile.mkdtemp(dir=os.path.dirname(folder))
    try:
        extract(content, beside)
        try:
            os.rename(beside, folder)
        except OSError:  # another call was faster
            if not os.path.isdir(folder):
                raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def make(way_in: "list[str]", wheels: bytes) -> None:
    """Have the environment made, of the client's wheels where it sent any; they are removed afterwards."""
    folder = tempfile.mkdtemp(prefix="bench-fleet-")
    try:
        environ = dict(os.environ)
        if wheels:
            extract(wheels, folder)
            environ.update(PIP_NO_INDEX="1", PIP_FIND_LINKS=folder)
        status, said = unless_the_client_goes([*way_in, "-c", "pass"], environ, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if status:
        lines = said.decode("utf-8", "replace").strip().splitlines()
        fail("its environment could not be made: %s" % (lines[-1] if lines else "")[:SHOWN])


def unless_the_client_goes(command: "list[str]", environ: "dict[str, str]", folder: str) -> "tuple[int, bytes]":
    """Run a command; return its status and what it complained of. Where the client goes, end it and all that it started."""
    gone = select.poll()
    gone.register(0, select.POLLHUP | select.POLLRDHUP)  # not for what there is to read: others read that
    with open(os.path.join(folder, "said"), "w+b") as said:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
            env=environ,
            start_new_session=True,
        )
        try:
            while process.poll() is None:
                if gone.poll(LOOK_MS):
                    sys.exit(1)  # through the `finally`s
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        said.seek(0)
        return process.returncode, said.read()


def main() -> None:
    """Unpack, prepare, become the host's side."""
    stream = io.open(0, "rb", buffering=0, closefd=False)  # noqa: SIM115 - unbuffered: others read on
    asked = json.loads(stream.readline().decode())
    content = take(stream, asked["size"])
    wheels = take(stream, asked["wheels"])
    if not sys.platform.startswith("linux"):
        fail("it runs %s, not Linux: leave it out" % sys.platform)
    if sys.version_info < (3, 11):
        fail("its Python is %s, and 3.11 is needed: name another with --python" % sys.version.split()[0])
    base = os.path.join(os.path.expanduser("~"), ".cache", "kernel-user-threads-bench", "fleet")
    try:
        os.makedirs(os.path.join(base, "venv"), mode=0o700, exist_ok=True)
        free = shutil.disk_usage(base).free
        if free < NEEDED_BYTES:
            fail("its disk has %d MiB left, and %d are needed: make room" % (free // 2**20, NEEDED_BYTES // 2**20))
        folder = os.path.join(base, "code-" + asked["code"])
        if not os.path.isdir(folder):
            unpack(content, folder)
        link = os.path.join(folder, ".venv")
        if not os.path.islink(link):
            os.symlink(os.path.join(base, "venv"), link)
    except OSError as error:
        fail("cannot write below %s (%s): make room there" % (base, error.strerror))
    os.chdir(folder)
    way_in = [sys.executable, "-E", "-s", "scripts/environment.py", "--fleet"]
    if asked["environment"]:
        way_in = [asked["environment"]]
    else:
        make(way_in, wheels)
    try:
        os.execvp(way_in[0], [*way_in, "-m", "bench.fleet.host"])  # noqa: S606
    except OSError as error:
        fail("cannot start %s: %s" % (way_in[0], error.strerror))


if __name__ == "__main__":
    main()
