"""pip with a known configuration: where packages come from is the user's to say, where they go and which is not.

The pip is the one that came with the interpreter, run from its wheel by the new environment's Python. It sees none
of the user's configuration files and PIP_ variables, but those settings in them that say how to reach an index.
"""

import configparser
import os
import sys
import sysconfig
from importlib.util import find_spec
from pathlib import Path

from scripts.set_up.places import VERSION
from scripts.set_up.words import UNFIT, fail

# The settings that come through (pip help install): where an index is, how it is reached, and what is kept of it.
# All others are left out: they would move, reduce, constrain or add to what is installed.
FROM_THE_USER = (
    *("index-url", "pypi-url", "extra-index-url", "no-index", "find-links", "keyring-provider"),
    *("trusted-host", "proxy", "cert", "client-cert"),
    *("timeout", "default-timeout", "retries", "resume-retries", "cache-dir", "no-cache-dir"),
)
ABOUT_CERTIFICATES = {"use-feature": {"truststore"}, "use-deprecated": {"legacy-certs"}}  # of these, these values
ALWAYS = (
    *("--disable-pip-version-check", "--no-input", "--quiet", "--no-user", "--no-compile"),
    *("--only-binary", ":all:"),
)
OPTIONS = (*ALWAYS, "--no-deps", "--require-hashes", "--requirement")
REMEDY = f"on Debian and Ubuntu, apt-get install python{VERSION}-venv"


def bundled_pip() -> Path:
    """The wheel of pip that came with this Python. Debian keeps half of the library's venv in a package of its own."""
    missing = [module for module in ("venv", "ensurepip") if find_spec(module) is None]
    if missing:
        fail(f"{sys.executable} has no module {' and no '.join(missing)}: {REMEDY}", UNFIT)
    import ensurepip  # noqa: PLC0415 - only now is it known to be there

    bundled = Path(ensurepip.__file__).parent / "_bundled"
    folders = [sysconfig.get_config_var("WHEEL_PKG_DIR"), bundled, "/usr/share/python-wheels"]
    wheels = [wheel for folder in folders if folder for wheel in sorted(Path(folder).glob("pip-*.whl"))]
    if not wheels:
        fail(f"the ensurepip of {sys.executable} has no pip: {REMEDY}", UNFIT)
    return wheels[0]


def configuration_files() -> list[Path]:
    """The files that pip would read for this user, in the order in which they override one another (pip config debug)."""
    named = os.environ.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return []
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - pathlib's raises where there is no home
    folders = [Path(folder) / "pip" for folder in (os.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep)]
    folders.append(Path("/etc"))
    if not (named and Path(named).exists()):
        folders += [home / ".pip", Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "pip"]
    return [folder / "pip.conf" for folder in folders] + ([Path(named)] if named else [])


def settings_in_files(files: list[Path]) -> dict[str, str]:
    """What the files set, for every command of pip and, before that, for installing."""
    sections: dict[str, dict[str, str]] = {"global": {}, "install": {}}
    for file in files:
        parser = configparser.RawConfigParser()
        try:
            parser.read(file)
        except (configparser.Error, UnicodeDecodeError) as error:
            fail(f"pip's configuration {file} cannot be read: {str(error).splitlines()[0]}")
        for section, settings in sections.items():
            if parser.has_section(section):
                settings |= {key.lstrip("-").replace("_", "-"): value for key, value in parser.items(section)}
    return sections["global"] | sections["install"]


def index_settings() -> dict[str, str]:
    """The user's settings that say how to reach an index."""
    variables = {
        name.removeprefix("PIP_").lower().replace("_", "-"): value
        for name, value in os.environ.items()
        if name.startswith("PIP_")
    }
    settings = settings_in_files(configuration_files()) | variables
    kept = {key: value for key, value in settings.items() if key in FROM_THE_USER}
    for key, values in ABOUT_CERTIFICATES.items():
        chosen = [value for value in settings.get(key, "").split() if value in values]
        if chosen:
            kept[key] = " ".join(chosen)
    return kept


def environment_variables() -> dict[str, str]:
    """The variables for the steps of a set-up. Settings go this way, since a command line is shown to all users.

    SOURCE_DATE_EPOCH would have Python compile modules in a form that is checked anew at every import.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PIP_", "PYTHON")) and name != "SOURCE_DATE_EPOCH"
    }
    settings = {f"PIP_{key.upper().replace('-', '_')}": value for key, value in index_settings().items()}
    return {**kept, **settings, "PIP_CONFIG_FILE": os.devnull}


def install(python: Path, pip: Path, requirements: Path) -> list[str]:
    """The command that installs what is listed: wheels only, each with a hash that is listed, nothing besides."""
    return [str(python), "-I", str(pip / "pip"), "install", *OPTIONS, str(requirements)]


def add(python: Path, pip: Path, wanted: list[str], constraints: Path, report: Path) -> list[str]:
    """The command that installs libraries with all that they need: wheels only, and a report of what was taken."""
    options = [*ALWAYS, "--constraint", str(constraints), "--report", str(report)]
    return [str(python), "-I", str(pip / "pip"), "install", *options, *wanted]
