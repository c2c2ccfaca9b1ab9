"""Hosts for tests: each a mount, pid and network namespace of this machine, with an sshd, a `/tmp`, a home and a machine id of its own.

Strategy: ssh's ProxyCommand enters the namespaces of a host and starts `sshd -i` there. So no host needs a network beside
its own loopback, and nothing listens anywhere.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

SSHD = shutil.which("sshd") or "/usr/sbin/sshd"
SCRIPT = r"""
set -e
mount --make-rprivate /
mount --bind "$ROOM" /mnt
cp -a /etc /mnt/etc && mount --bind /mnt/etc /etc
echo "$ID" >/etc/machine-id
set -- $KEEP
n=0; for path; do n=$((n + 1)); mkdir -p /mnt/keep$n; mount --bind "$path" /mnt/keep$n; done
mount --bind /mnt/tmp /tmp
mount --bind /mnt/home "$HOME_OF"
n=0; for path; do n=$((n + 1)); mkdir -p "$path"; mount --bind /mnt/keep$n "$path"; umount /mnt/keep$n; done
mount -t tmpfs tmpfs /run && mkdir -p /run/sshd
ip link set lo up
touch /mnt/up
exec sleep infinity
"""


@dataclass(frozen=True)
class Space:
    """One host."""

    name: str
    room: Path
    process: subprocess.Popen[bytes]

    @property
    def init(self) -> int:
        """The first process of its pid namespace, as this machine counts."""
        text = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return int(text.split()[0])

    def kill(self) -> None:
        """End the host as a power cut would."""
        self.process.kill()  # --kill-child ends the first process, and with it the kernel ends all others
        self.process.wait()

    def processes(self) -> list[str]:
        """What runs on the host beside its first process."""
        inside = Path(f"/proc/{self.init}/ns/pid").stat().st_ino
        found = []
        for path in Path("/proc").glob("[0-9]*"):
            try:
                if (path / "ns/pid").stat().st_ino == inside and int(path.name) != self.init:
                    found.append((path / "cmdline").read_bytes().replace(b"\0", b" ").decode()[:200])
            except OSError:
                continue
        return found

    def sockets(self) -> list[str]:
        """The TCP sockets of the host that listen or are connected."""
        lines = Path(f"/proc/{self.init}/net/tcp").read_text().splitlines()[1:]
        return [line for line in lines if line.split()[3] in {"0A", "01"}]  # listening, established (man 5 proc)


def why_not() -> str:
    """Why no such hosts can be made here; an empty string where they can."""
    if os.geteuid() != 0:
        return "needs root"
    if missing := [name for name in (SSHD, "ssh", "ssh-keygen", "unshare", "nsenter", "ip") if not shutil.which(name)]:
        return f"needs {', '.join(missing)}"
    tried = subprocess.run(
        ["unshare", "--mount", "--pid", "--net", "--fork", "mount", "--make-rprivate", "/"],
        capture_output=True,
        check=False,
    )
    return "" if tried.returncode == 0 else "no namespaces are allowed here"


def _kept(home: str) -> list[str]:
    """What of this interpreter and its libraries a host would not see, because its `/tmp` and its home are its own."""
    found: list[str] = []
    libraries = [path for path in sys.path if "site-packages" in Path(path).parts]
    for path in (sys.prefix, sys.base_prefix, *libraries):
        hidden = any(Path(path).is_relative_to(hider) for hider in ("/tmp", home))
        there = any(Path(path).is_relative_to(other) for other in found)
        if hidden and not there and Path(path).is_dir():
            found.append(path)
    return found


@contextmanager
def spaces(
    lab: Path, names: Sequence[str], pythons: dict[str, str] | None = None
) -> Iterator[tuple[dict[str, Space], Path]]:
    """Hosts of these names, and the configuration of ssh that reaches them. `pythons`: a script for `/mnt/python` of a host."""
    user = pwd.getpwuid(os.geteuid())
    shared = lab / "shared"
    shared.mkdir(parents=True)
    for key in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(lab / key)], check=True)
    with ExitStack() as stack:
        found, config = {}, []
        for name in names:
            room = lab / name
            for folder in ("tmp", "home", "shared"):
                (room / folder).mkdir(parents=True)
            for file in ("host", "user.pub"):
                shutil.copy(lab / file, room / file)
            script = (pythons or {}).get(name, f'#!/bin/sh\nexec {sys.executable} "$@"\n')
            (room / "python").write_text(script)
            (room / "python").chmod(0o755)
            (room / "sshd_config").write_text(
                "HostKey /mnt/host\nAuthorizedKeysFile /mnt/user.pub\nStrictModes no\nUsePAM no\nPermitRootLogin yes\n"
                "PidFile none\nSetEnv BENCH_FLEET_TURNS=/mnt/shared/turns\nLogLevel ERROR\n"
            )
            process = subprocess.Popen(
                ["unshare", "--mount", "--pid", "--net", "--fork", "--kill-child", "--mount-proc", "sh", "-c",
                 'mount --bind "$SHARED" "$ROOM/shared"\n' + SCRIPT],
                env={**os.environ, "ROOM": str(room), "ID": secrets.token_hex(16), "HOME_OF": user.pw_dir,
                     "KEEP": " ".join(_kept(user.pw_dir)), "SHARED": str(shared)},
            )  # fmt: skip
            space = Space(name, room, process)
            stack.callback(space.kill)
            found[name] = space
        for name, space in found.items():
            end = time.monotonic() + 30
            while not (space.room / "up").exists():
                assert space.process.poll() is None, f"the host {name} did not come up"
                assert time.monotonic() < end, f"the host {name} did not come up"
                time.sleep(0.05)
            config.append(
                f"Host {name}\n  ProxyCommand nsenter -t {space.init} -a {SSHD} -i -f /mnt/sshd_config\n"
                f"  IdentityFile {lab / 'user'}\n  IdentitiesOnly yes\n  User {user.pw_name}\n"
                "  StrictHostKeyChecking no\n  UserKnownHostsFile /dev/null\n  LogLevel INFO\n"
            )
        reached = lab / "ssh_config"
        reached.write_text("".join(config))
        yield found, reached


@dataclass(frozen=True)
class Link:
    """A cable between a host and a network in which the client is; `client`: a process there."""

    client: int

    def set(self, state: str) -> None:
        """Take the link up or down, as a cable that is pulled."""
        in_network(self.client, "ip", "link", "set", "near", state)


def in_network(process: int, *command: str) -> None:
    """Run a command in the network of a process."""
    subprocess.run(["nsenter", "-t", str(process), "--net", *command], check=True)


@contextmanager
def linked(space: Space, config: Path) -> Iterator[Link]:
    """A real network between the client and one host, on which its sshd listens, instead of a pipe: one can take it down."""
    client = subprocess.Popen(
        ["unshare", "--net", "--fork", "--kill-child", "sh", "-c", "ip link set lo up; exec sleep infinity"]
    )
    sshd = None
    try:
        while Path(f"/proc/{client.pid}/ns/net").readlink() == Path("/proc/self/ns/net").readlink():
            time.sleep(0.05)
        in_network(client.pid, "ip", "link", "add", "near", "type", "veth", "peer", "far", "netns", str(space.init))
        for process, name, address in ((client.pid, "near", "10.9.0.1/24"), (space.init, "far", "10.9.0.2/24")):
            in_network(process, "ip", "address", "add", address, "dev", name)
            in_network(process, "ip", "link", "set", name, "up")
        inside = ["nsenter", "-t", str(space.init), "-a", SSHD, "-D", "-f", "/mnt/sshd_config"]
        sshd = subprocess.Popen([*inside, "-o", "ListenAddress=10.9.0.2:22"])
        lines = config.read_text().splitlines(keepends=True)
        config.write_text("".join("  HostName 10.9.0.2\n" if "ProxyCommand" in line else line for line in lines))
        tried = ["nsenter", "-t", str(client.pid), "--net", "ssh", "-F", str(config), space.name, "true"]
        end = time.monotonic() + 20
        while subprocess.run(tried, capture_output=True, check=False).returncode:
            assert time.monotonic() < end, "its sshd did not come up"
            time.sleep(0.1)
        while len(space.processes()) > 1:  # the connection that was tried
            time.sleep(0.1)
        yield Link(client.pid)
    finally:
        for one in (sshd, client):
            if one is not None:
                one.kill()
                one.wait()
