"""What kind of machine and interpreter this is, without a name, a user or a path of it."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import platform
import re
import resource
import subprocess
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from bench.machine import kernel
from bench.machine.cgroups import Room, memory_room, quota, task_room
from bench.machine.identity import machine_id
from bench.words import Finding

PACKAGES = (
    *("pyperf", "uvloop", "gevent", "greenlet", "trio", "httpx", "psycopg"),
    *("pandas", "numpy", "matplotlib", "jinja2"),
)


def _text(path: Path) -> str | None:
    try:
        return path.read_text().strip() or None
    except OSError:
        return None


def _cpuinfo(root: Path, key: str) -> str | None:
    match = re.search(rf"^{key}\s*:\s*(.+)$", _text(root / "proc/cpuinfo") or "", re.MULTILINE)
    return match[1].strip() if match else None


def cpu_model(root: Path = Path("/")) -> str:
    """The CPU's name as the kernel has it; on Arm, which gives none, the machine's architecture."""
    return _cpuinfo(root, "model name") or _cpuinfo(root, "Model") or platform.machine() or "unknown"


def host_label(model: str) -> str:
    """A folder's name made from the CPU's name: `Intel(R) Xeon(R) Processor` is `intel-xeon-processor`."""
    words = re.sub(r"\((R|TM|tm)\)|CPU|@.*", " ", model)
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-") or "unknown"


def _memory_bytes(root: Path) -> int | None:
    match = re.search(r"^MemTotal:\s*(\d+) kB", _text(root / "proc/meminfo") or "", re.MULTILINE)
    return int(match[1]) * 1024 if match else None


def _limit(which: int, *, soft: bool = False) -> int | str:
    limit = resource.getrlimit(which)[0 if soft else 1]
    return "unlimited" if limit == resource.RLIM_INFINITY else limit


def _least(rooms: Iterable[Room]) -> int | str:
    """The smallest of the control groups' limits on something."""
    return min((room.value for room in rooms), default="max")


def interpreter() -> dict[str, Any]:
    """Which Python, built how, and with which packages."""
    found: dict[str, Any] = {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "compiler": platform.python_compiler(),
        "gil": bool(getattr(sys, "_is_gil_enabled", lambda: True)()),
        "debug build": hasattr(sys, "gettotalrefcount"),
        "traced": sys.gettrace() is not None or sys.getprofile() is not None,
    }
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def spoiled(interpreter_: Mapping[str, Any]) -> list[Finding]:
    """What about an interpreter, as `interpreter` describes it, makes its figures worthless."""
    faults = {"debug build": "a debug build of Python", "traced": "tracing or profiling switched on"}
    return [
        Finding("error", f"this is measured with {what}", "use a release build, without tracing")
        for key, what in faults.items()
        if interpreter_.get(key)
    ]


def suite(checkout: Path) -> dict[str, str]:
    """Which code measures: a digest of the package's source, and git's revision of its own checkout, with unclean ones said so.

    A repository around the checkout, or one that GIT_DIR names, is another's: then there is the digest alone.
    """
    digest = hashlib.sha256()
    for path in sorted(path for kind in ("py", "c", "h") for path in (checkout / "bench").rglob(f"*.{kind}")):
        digest.update(path.relative_to(checkout).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    found = {"code": digest.hexdigest()[:12]}
    if not (checkout / ".git").exists():
        return found
    environ = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    environ |= {"GIT_CEILING_DIRECTORIES": str(checkout.resolve().parent), "GIT_OPTIONAL_LOCKS": "0"}
    git = (
        "git",
        "-C",
        str(checkout),
        "-c",
        "core.fsmonitor=false",
    )  # which would run a program that the checkout names
    with suppress(OSError, subprocess.SubprocessError):
        told = subprocess.run(
            (*git, "describe", "--always", "--dirty=, with changes", "--abbrev=10"),
            env=environ,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=10,
            check=True,
            stdin=subprocess.DEVNULL,
        )
        found["revision"] = told.stdout.strip()
    return found


def environment(root: Path = Path("/")) -> dict[str, Any]:
    """Facts about machine, interpreter and limits, grouped for a reader; what cannot be read is left out."""
    cpu = root / "sys/devices/system/cpu"
    flags = (_cpuinfo(root, "flags") or "").split()
    machine = {
        "CPU": cpu_model(root),
        "CPUs online": _text(cpu / "online"),
        "SMT": _text(cpu / "smt/control"),
        "frequency governor": _text(cpu / "cpu0/cpufreq/scaling_governor"),
        "idle driver": _text(cpu / "cpuidle/current_driver"),
        "clock source": _text(root / "sys/devices/system/clocksource/clocksource0/current_clocksource"),
        "virtual machine": "yes" if "hypervisor" in flags else "no" if flags else None,
        "memory, bytes": _memory_bytes(root),
        "kernel": platform.release(),
        "architecture": platform.machine(),
        "libc": " ".join(platform.libc_ver()).strip() or None,
        "id": machine_id(root),
    }
    limits = {
        "RLIMIT_NOFILE": _limit(resource.RLIMIT_NOFILE),
        "RLIMIT_NPROC": _limit(resource.RLIMIT_NPROC),
        "kernel.threads-max": _text(root / "proc/sys/kernel/threads-max"),
        "kernel.pid_max": _text(root / "proc/sys/kernel/pid_max"),
        "vm.max_map_count": _text(root / "proc/sys/vm/max_map_count"),
        "net.core.somaxconn": _text(root / "proc/sys/net/core/somaxconn"),
        "RLIMIT_AS": _limit(resource.RLIMIT_AS, soft=True),
        "RLIMIT_FSIZE": _limit(resource.RLIMIT_FSIZE, soft=True),
        "pids.max": _least(task_room(root)),
        "memory limit of the control groups, bytes": _least(memory_room(root)),
        "CPUs that the control groups allow": share.cpus if (share := quota(root)) else "max",
        "CPUs allowed": ",".join(map(str, sorted(os.sched_getaffinity(0)))),
    }
    return {
        "machine": {key: value for key, value in machine.items() if value is not None},
        "interpreter": interpreter(),
        "limits": {key: value for key, value in limits.items() if value is not None},
        "kernel settings": kernel.settings(root),
    }
