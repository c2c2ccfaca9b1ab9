"""The first program on a host, sent over SSH: any Python 3 can read it. It unpacks the suite, has the environment made, becomes its Python.

Standard input: the size of this text and this text, a JSON line, the suite as a tar file; then what `bench.fleet.host` reads.
Standard output: JSON lines. It imports nothing of the suite, which is not there yet.
"""

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from typing import NoReturn

NEEDED_BYTES = 1536 * 2**20  # the suite, its environment, and a run
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


def unpack(content: bytes, folder: str) -> None:
    """The client's own tar: made of its checkout, over the user's own SSH."""
    beside = tempfile.mkdtemp(dir=os.path.dirname(folder))
    try:
        with tarfile.open(fileobj=io.BytesIO(content)) as tar:
            tar.extractall(beside, filter="data")
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
            with tarfile.open(fileobj=io.BytesIO(wheels)) as tar:
                tar.extractall(folder, filter="data")
            environ.update(PIP_NO_INDEX="1", PIP_FIND_LINKS=folder)
        done = subprocess.run(
            [*way_in, "-c", "pass"], stdin=subprocess.DEVNULL, capture_output=True, check=False, env=environ
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        fail("its environment could not be made: %s" % (lines[-1] if lines else "")[:SHOWN])


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
