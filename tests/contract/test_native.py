"""The floor in C does the same work: cut short by an op it is caught; what it is made of is what Python fills in."""

from __future__ import annotations

import ctypes
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from bench.cells import not_here
from bench.harness.flow import Field
from bench.models import native
from bench.words import Cell, UserError
from bench.workloads import load_workload
from tests.contract.test_ledger import cell
from tests.contract.test_ledger import copy as copy  # noqa: PLC0414 - a fixture

pytestmark = pytest.mark.skipif(bool(native.missing()), reason="there is no C compiler")

PROGRAMS = [
    (model, path.stem)
    for model in native.MODELS
    for path in sorted((native.SOURCES / model.removeprefix("native_")).glob("*.c"))
]
TYPES: Mapping[str, type[ctypes.Structure]] = {"op": native.Op, "flow": native.CFlow, "job": native.CJob}


def test_every_program_is_of_a_workload() -> None:
    assert {workload for _, workload in PROGRAMS} >= {
        "sleep",
        "http_get",
        "brigade",
        "handoff",
        "create",
        "park",
        "hog",
    }
    for model, workload in PROGRAMS:
        assert not_here(Cell(workload, model, load_workload(workload).flows[0])) == ""


@pytest.mark.parametrize(("model", "workload"), PROGRAMS)
def test_a_program_that_is_cut_short_by_an_op_is_caught(model: str, workload: str, copy: Path) -> None:
    path = copy / "bench" / "native" / model.removeprefix("native_") / f"{workload}.c"
    for one in (path, copy / "bench/native/flow.h"):  # parts of the ops end where the header says
        one.write_text(one.read_text().replace("flow->ops", "(flow->ops - 1)"))
    name = f"{workload}/{model}/{load_workload(workload).flows[-1]}"
    done = cell(name, copy)
    assert done.returncode == 1, (done.stdout, done.stderr)
    assert "did other work: ops" in done.stdout


@pytest.mark.parametrize(
    ("file", "old", "new", "reason"),
    [
        ("thread/sleep.c", "flow->tasks[op].ns", "flow->tasks[op].ns / 2", "waited less"),
        ("epoll/sleep.c", "flow->tasks[flow->at].ns", "flow->tasks[flow->at].ns / 2", "waited less"),
        ("http.h", "flow->size += size", "flow->size += 1", "did other work: bytes"),
        ("flow.h", "return ~crc;", "return crc;", "did other work: checksum"),
        (
            "http.h",
            "task->count, MSG_NOSIGNAL) != task->count",
            "task->count - 1, MSG_NOSIGNAL) != task->count",
            "send",
        ),
    ],
)
def test_a_program_that_does_other_work_is_caught(file: str, old: str, new: str, reason: str, copy: Path) -> None:
    path = copy / "bench" / "native" / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    workload = "sleep" if "sleep" in file else "http_get"
    for model in ("native_thread", "native_epoll"):
        if file.split("/", maxsplit=1)[0] in {model.removeprefix("native_"), file}:
            done = cell(f"{workload}/{model}/10", copy)
            assert (done.returncode, reason in done.stdout) == (1, True), done.stdout


@pytest.mark.parametrize(("model", "workload"), PROGRAMS)
def test_a_program_compiles_without_a_warning(model: str, workload: str, tmp_path: Path) -> None:
    command = [*native.compiler(), *native.FLAGS, "-Werror", "-o", str(tmp_path / "x.so")]
    done = subprocess.run([*command, str(native.source(model, workload))], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_structures_are_those_of_c(tmp_path: Path) -> None:
    wanted: list[int] = []
    lines = ['#include "flow.h"', "#include <stddef.h>", "int main(void) {"]
    for name, structure in TYPES.items():
        lines.append(f'printf("%zu\\n", sizeof(struct {name}));')
        wanted.append(ctypes.sizeof(structure))
        for field, *_ in structure._fields_:
            lines.append(f'printf("%zu\\n", offsetof(struct {name}, {field}));')
            wanted.append(getattr(structure, field).offset)
    lines.append('printf("%zu\\n", sizeof(struct head) / 8);')  # the head of a row on the board, less the counters
    wanted.append(len(Field))
    for column in Field:
        lines.append(f'printf("%zu\\n", offsetof(struct head, {column.name.lower()}) / 8);')
        wanted.append(column)
    (tmp_path / "sizes.c").write_text("\n".join([*lines, "return 0; }"]))
    command = [*native.compiler(), f"-I{native.SOURCES}", "-o", str(tmp_path / "sizes"), str(tmp_path / "sizes.c")]
    subprocess.run(command, check=True)
    said = subprocess.run([str(tmp_path / "sizes")], capture_output=True, text=True, check=True).stdout
    assert [int(line) for line in said.split()] == wanted


@pytest.mark.parametrize("cc", ["no-such-compiler -O3", "it's", '"', "\\"])
def test_without_a_compiler_the_floor_is_not_there(cc: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where CC is anything but a command: a user's shell exports what it likes."""
    monkeypatch.setenv("CC", cc)
    assert "there is no C compiler: install one" in not_here(Cell("sleep", "native_thread", 10))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("open_loop/native_thread/1", "no program in C"),
        ("handoff/native_epoll/2", "no program in C"),
        ("http_get/native_thread/10?keepalive=0", "knows only keepalive=1"),
        ("http_get/native_epoll/10?api=raw", "knows only api=streams"),
        ("http_get/native_epoll/10?payload_bytes=100000", ""),
        ("handoff/native_thread/2?via=pipe", ""),
        ("handoff/thread/2?via=pipe", "for the floor in C only"),
    ],
)
def test_what_the_floor_cannot_do_is_said(name: str, reason: str) -> None:
    said = not_here(Cell.parse(name))
    assert said == reason if not reason else reason in said


@pytest.mark.parametrize(
    "name",
    [
        "http_get/native_thread/3?payload_bytes=300000",
        "http_get/native_epoll/3?payload_bytes=300000",
        "handoff/native_thread/2?via=pipe",
        "park/native_thread/3?seat=http&stack_kib=64",
    ],
)
def test_variants_do_their_work(name: str) -> None:
    done = cell(name)
    assert (done.returncode, done.stdout) == (0, '{"void": null}\n'), done.stderr


def test_a_program_that_does_not_compile_is_said_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "CACHE", tmp_path / "cache")
    (tmp_path / "wrong.c").write_text("int body(void) { return nothing; }\n")
    with pytest.raises(UserError, match=r"wrong\.c could not be built with .*[‘']nothing[’'] undeclared"):
        native.built(tmp_path / "wrong.c")


def test_a_library_is_built_once_and_again_when_what_it_is_made_of_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(native, "CACHE", tmp_path / "cache")
    program = tmp_path / "one.c"
    program.write_text("int one(void) { return 1; }\n")
    first = native.built(program)
    made = first.stat().st_mtime_ns
    assert (native.built(program), first.stat().st_mtime_ns) == (first, made)
    program.write_text("int one(void) { return 2; }\n")
    assert native.built(program) != first
    assert sorted(path.suffix for path in (tmp_path / "cache").iterdir()) == [".so", ".so"]
