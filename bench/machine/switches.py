"""What a user's environment could switch on in a cell: what each switch does, and what becomes of it.

Strategy: a cell gets the few variables that it needs, and those of PASSED, which steer what a user may compare on purpose.
It gets nothing else. What is left out is only spoken of where SWITCHES says what it would have done. What
cannot be left out, because the interpreter brings it along, is read off the interpreter itself (`state`), in the campaign or
in a cell. Values may be secrets: only names are ever said.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from bench.words import Finding, Level

try:
    from _tracemalloc import is_tracing  # tracemalloc itself imports a good deal more
except ImportError:  # other implementations

    def is_tracing() -> bool:
        """Never."""
        return False


NEEDED = ("PATH", "LD_LIBRARY_PATH", "TMPDIR", "CC", "BENCH_PARENT_PID", "BENCH_POSTGRES_DSN", "BENCH_HTTP_SECRET")
# What a user may compare on purpose: passed, and spoken of.
PASSED = {
    "PYTHON_GIL": "it decides whether a free-threaded Python has a GIL",
    "PYTHON_JIT": "it decides whether Python compiles as it runs",
}
# Of who has a database of their own (BENCH_POSTGRES_DSN): how to get in.
POSTGRES = re.compile(r"PG(PASSWORD|PASSFILE|SSL\w+|SERVICE|SERVICEFILE)")
SOCKET_BYTES = 107  # of a unix socket's path (man 7 unix), less the end of it
SOCKET_TAIL = len("/pymp-xxxxxxxx/listener-xxxxxxxx")  # what multiprocessing appends to the folder for temporary files
ROOT = Path(__file__).resolve().parents[2]
NAMED = 6  # names in a sentence; they are of the user's making, and may be long
MOST_NAME = 60
REPORTS = "reports of imports or memory (-v, -X importtime)"
OPTIMISED = "optimisation (-O)"
PRELOAD, SYSTEM_PRELOAD = "other code by LD_PRELOAD", "other code by /etc/ld.so.preload"
# What is merely other than usual; what else an interpreter has on spoils its figures.
LESS: Mapping[str, Level] = {OPTIMISED: "warning", REPORTS: "warning", SYSTEM_PRELOAD: "warning"}


@dataclass(frozen=True)
class Switch:
    """Variables, by a pattern of their whole names; what they would do to a cell; the values, lower case, that do nothing."""

    names: str
    does: str
    off: tuple[str, ...] = ("",)


OFF = ("", "0")
SWITCHES = (
    Switch("PYTHONASYNCIODEBUG", "asyncio's debug mode takes several times as long", ("",)),
    Switch("PYTHONDEVMODE", "Python's development mode checks memory and asyncio", ("",)),
    Switch("PYTHONTRACEMALLOC", "every allocation is traced", OFF),
    Switch("PYTHONMALLOC|PYTHONMALLOCSTATS", "Python's memory comes from another allocator, or is checked", ("", "default")),
    Switch("MALLOC_.*|GLIBC_TUNABLES|JE_MALLOC_CONF|MIMALLOC_.*|TCMALLOC_.*", "the C library's memory is checked or tuned"),
    Switch("LD_PRELOAD|LD_AUDIT|LD_BIND_NOW|LD_DEBUG", "other code is loaded into every process, or loaded otherwise"),
    Switch("PYTHONPATH|PYTHONHOME|PYTHONUSERBASE|PYTHONPLATLIBDIR", "other versions of packages would be imported"),
    Switch("PYTHONSTARTUP|PYTHONINSPECT|PYTHONBREAKPOINT", "a program of the user's would be run"),
    Switch("PYTHONHASHSEED", "all cells would have one hash seed, of the many that a figure should be over"),
    Switch("PYTHONOPTIMIZE", "assertions would be left out"),
    Switch("PYTHON(PROFILEIMPORTTIME|VERBOSE|DUMPREFS.*|STATS|PERF_JIT_SUPPORT|PERFSUPPORT|FAULTHANDLER|DEBUG)",
           "Python reports on itself as it runs", OFF),
    Switch("PYTHON(WARNINGS|UNBUFFERED|IOENCODING|UTF8|LEGACY.*|WARNDEFAULTENCODING|INTMAXSTRDIGITS|NODEBUGRANGES)",
           "Python's output or its conversions would differ"),
    Switch("PYTHON(DONTWRITEBYTECODE|PYCACHEPREFIX)", "modules would be compiled anew in every process that is started"),
    Switch("PYTHON_(?!GIL$|JIT$|HISTORY$|COLORS$|BASIC_REPL$)\\w+", "Python would work otherwise"),
    Switch("COVERAGE_PROCESS_\\w+|COV_CORE_\\w+|PYDEVD_\\w+|DEBUGPY_\\w+|VIZTRACER_\\w+|DD_\\w+|NEW_RELIC_\\w+|OTEL_\\w+",
           "processes would be traced, measured or debugged by another tool"),
    Switch("(?i:https?_proxy|all_proxy|ws_proxy|ftp_proxy)", "a client would ask a proxy instead of the suite's server"),
    Switch("SSL_CERT_\\w+|SSLKEYLOGFILE|OPENSSL_\\w+|NETRC", "TLS, or a client's passwords, would be set up otherwise"),
    Switch("PG[A-Z]+", "a client would look for another PostgreSQL than the suite's"),
    Switch("GEVENT_.*|GEVENTARES_.*|UVLOOP_.*|UV_THREADPOOL_SIZE|LIBEV_FLAGS|TRIO_.*|HTTPX_.*", "a library would be set up otherwise"),
    Switch("(OMP|MKL|OPENBLAS|NUMEXPR|VECLIB)_.*", "a library would start other numbers of threads"),
)  # fmt: skip


@dataclass(frozen=True)
class Dropped:
    """A variable that a cell is not given, and what it would have done."""

    name: str
    does: str


@dataclass(frozen=True)
class State:
    """What an interpreter has switched on, however it came to that. `site`: modules that sites add to every start."""

    on: tuple[str, ...] = ()
    site: tuple[str, ...] = field(default=())


def clean(environ: Mapping[str, str]) -> tuple[dict[str, str], list[Dropped]]:
    """Return the environment of a cell, and which variables that would have mattered are not in it, by name.

    Pure. The caller adds what cells get of its own making (PYTHONPYCACHEPREFIX, BENCH_PARENT_PID).
    """
    own_database = bool(environ.get("BENCH_POSTGRES_DSN"))
    kept: dict[str, str] = {}
    dropped = []
    for name, value in sorted(environ.items()):
        if name == "TMPDIR" and (does := unfit(value)):
            dropped.append(Dropped(_text(name), does))
        elif name in NEEDED or name in PASSED or (own_database and POSTGRES.fullmatch(name)):
            kept[name] = value
        elif (switch := switch_of(name)) is not None and value.lower() not in switch.off:
            dropped.append(Dropped(_text(name), switch.does))
    return kept, dropped


def _text(name: str) -> str:
    """A name as valid text: a variable's may be any bytes."""
    return name.encode(errors="replace").decode()


def switch_of(name: str) -> Switch | None:
    """The row of the table that a variable belongs to."""
    return next((switch for switch in SWITCHES if re.fullmatch(switch.names, name)), None)


def unfit(folder: str) -> str:
    """Why a folder for temporary files cannot be used, or an empty string."""
    if not folder.startswith("/"):
        return "temporary files would go where a process happens to be"
    if len(os.fsencode(folder)) + SOCKET_TAIL > SOCKET_BYTES:
        return f"its path is too long for a unix socket in it ({SOCKET_BYTES - SOCKET_TAIL} bytes are the most)"
    return ""


def state() -> State:
    """Read what this interpreter has switched on: of a campaign's own, cells inherit only what no variable gave it."""
    flags = sys.flags
    on = {
        "Python's development mode": flags.dev_mode,
        "asyncio's debug mode": not flags.ignore_environment and bool(os.environ.get("PYTHONASYNCIODEBUG")),
        "tracing of allocations": is_tracing(),
        "Python's debugging allocator": os.environ.get("PYTHONMALLOC", "").endswith("debug"),
        "a trace function": sys.gettrace() is not None,
        "a profile function": sys.getprofile() is not None,
        "a tool of sys.monitoring": _monitored(),
        OPTIMISED: flags.optimize > 0,
        REPORTS: flags.verbose > 0 or "importtime" in sys._xoptions,  # noqa: SLF001 - there is no other way to ask
        PRELOAD: bool(os.environ.get("LD_PRELOAD")),
        SYSTEM_PRELOAD: _preloaded(),
    }
    return State(tuple(name for name, value in on.items() if value), tuple(_site_modules()))


def state_of_a_cell(environ: Mapping[str, str]) -> State:
    """Start Python as a cell is started, in this environment made clean, and ask it. Raises OSError where it does not start."""
    command = [sys.executable, "-m", "bench.machine.switches"]
    done = subprocess.run(
        command, cwd=ROOT, env=clean(environ)[0], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    try:
        said = json.loads(done.stdout.splitlines()[-1])  # a site's module may have printed before
        return State(tuple(said["on"]), tuple(said["site"]))
    except (ValueError, IndexError, KeyError, TypeError) as error:
        lines = done.stderr.strip().splitlines()
        raise OSError(
            f"{sys.executable} does not start as a cell would: {lines[-1][:200] if lines else 'it said nothing'}"
        ) from error


def _monitored() -> bool:
    monitoring = getattr(sys, "monitoring", None)  # since 3.12
    return monitoring is not None and any(monitoring.get_tool(number) for number in range(6))


def _preloaded(path: Path = Path("/etc/ld.so.preload")) -> bool:
    try:
        return bool(path.read_text(errors="replace").strip())
    except OSError:
        return False


def _site_modules() -> list[str]:
    """Which of the modules that `site` imports at each start are there, other than the distribution's own (Debian has one)."""
    stdlib = Path(sysconfig.get_path("stdlib")).resolve()
    found = []
    for name in ("sitecustomize", "usercustomize"):
        module = sys.modules.get(name)
        origin = getattr(module, "__file__", None) if module else getattr(_spec(name), "origin", None)
        if origin and Path(origin).absolute().parent != stdlib:
            found.append(name)
    return found


def _spec(name: str) -> object:
    try:
        return find_spec(name)
    except (ImportError, ValueError):
        return None


def findings(environ: Mapping[str, str], interpreter: State) -> list[Finding]:
    """What about an environment and an interpreter a user may want to know, worst first: what stays, and what is kept from cells."""
    return lasting(environ, interpreter) + kept_away(clean(environ)[1])


def lasting(environ: Mapping[str, str], interpreter: State) -> list[Finding]:
    """What of it reaches cells, worst first. An error spoils figures; a warning may matter; a hint was passed on on purpose."""
    found = [_stays(what) for what in interpreter.on]
    found += [
        Finding(
            "warning",
            f"a {name} module is imported at each start of Python, and runs in every process that is measured",
            "remove it from the environment's path, or measure with an environment that has none",
        )
        for name in interpreter.site
    ]
    found += [
        Finding(
            "hint", f"{name} is set: {does}; it is passed on to cells", f"unset {name} to measure Python as it comes"
        )
        for name, does in PASSED.items()
        if environ.get(name)
    ]
    return found


def kept_away(dropped: list[Dropped]) -> list[Finding]:
    """What is said of variables that are kept from cells: one hint for each thing that they would have done."""
    names: dict[str, list[str]] = {}
    for one in dropped:
        names.setdefault(one.does, []).append(one.name)
    return [
        Finding("hint", f"{_list(there)} set, and kept from cells: {does}", f"unset {' '.join(there[:NAMED])}")
        for does, there in names.items()
    ]


def _list(names: list[str]) -> str:
    shown = ", ".join(name[:MOST_NAME] for name in names[:NAMED])
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{shown}{more} {'is' if len(names) == 1 else 'are'}"


def _stays(what: str) -> Finding:
    return Finding(LESS.get(what, "error"), f"this is measured with {what}", "start Python without it")


if __name__ == "__main__":
    here = state()
    print(json.dumps({"on": here.on, "site": here.site}))
