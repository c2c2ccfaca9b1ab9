"""Making an environment with the libraries of a user's own file: wheels only, no package of the suite's replaced."""

import json
import os
import re
import signal
from pathlib import Path
from typing import Any

from scripts.set_up import imports, installer
from scripts.set_up.build import advice, lead, make_empty, packages_folder, put_stamp, run
from scripts.set_up.hold import EXCLUSIVE, hold
from scripts.set_up.places import ROOT, Environment, Libraries
from scripts.set_up.wheels import Rules, wanted
from scripts.set_up.words import UNFIT, fail, say

# A name, what of it is optional, and which versions (PEP 508): no path, address or option of pip.
NAMED = re.compile(
    r"[A-Za-z0-9][\w.-]*(\[[\w.,-]+\])?( *[<>=!~]=?=? *[\w.*+!]+(, *[<>=!~]=?=? *[\w.*+!]+)*)?", re.ASCII
)


def constraints(environment: Environment, rules: Rules) -> str:
    """The suite's own packages, at the versions that it was made with: a library that needs others cannot be had."""
    assert environment.below is not None  # noqa: S101 - libraries lie over `run`
    return "".join(f"{package.name}=={package.version}\n" for package in wanted(environment.below, rules))


def installed(report: dict[str, Any]) -> dict[str, dict[str, str]]:
    """The version and the hash of each package that pip says it has installed (pip help install, --report)."""
    found = {}
    for entry in report["install"]:
        archive = entry["download_info"].get("archive_info", {})
        sha256 = archive.get("hashes", {}).get("sha256") or archive.get("hash", "").removeprefix("sha256=")
        found[entry["metadata"]["name"]] = {"version": entry["metadata"]["version"], "sha256": sha256}
    return dict(sorted(found.items()))


def set_up(environment: Libraries) -> None:
    """Make the environment, unless another process did so while this one waited."""
    for library in environment.wanted:
        if not NAMED.fullmatch(library):
            fail(f"{library!r} names no library: write its name, as in aiohttp or redis==5.2.1", UNFIT)
    pip = installer.bundled_pip()
    rules = Rules(pip)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    claimed = hold(environment.folder, EXCLUSIVE)
    if not environment.is_finished():
        say(f"installing {', '.join(environment.wanted)} into {environment.folder.relative_to(ROOT)}, once")
        make_empty(environment, claimed)
        place = packages_folder(environment.folder)
        lead(environment, place)
        fixed, report = environment.folder / "constraints.txt", environment.folder / "report.json"
        fixed.write_text(constraints(environment, rules))
        run(installer.add(environment.python, pip, environment.wanted, fixed, report), claimed, "", explain=explain)
        check = [str(environment.python), "-I", str(Path(imports.__file__)), str(place)]
        run(check, claimed, "what was installed cannot be used: the last lines above say why")
        contents = {"wanted": environment.wanted, "installed": installed(json.loads(report.read_text()))}
        environment.contents.write_text(json.dumps(contents, indent=1))
        put_stamp(environment)
    os.close(claimed)


def explain(output: str) -> str:
    """What to do where pip could not install a library."""
    if found := re.search(r"No matching distribution found for ([^\n]+)", output):
        return f"{found[1].strip()} cannot be installed: no such name or version, no wheel that fits this Python, or no index"
    if re.search("ResolutionImpossible|conflicting dependencies", output):
        return "they cannot be installed together, or beside the versions that the suite has: name other versions"
    return advice(output)
