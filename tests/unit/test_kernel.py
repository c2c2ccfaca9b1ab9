"""The kernel's settings that change what a wait or a message costs: read where they are told, left out where not."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from bench.analysis.comparison import differing
from bench.machine import kernel
from bench.machine.host import environment
from bench.machine.kernel import SOFTIRQS_APART, configured, settings

TOLD = {
    "net.ipv4.tcp_congestion_control": "bbr",
    "net.ipv4.tcp_allowed_congestion_control": "reno cubic bbr",
    "timer slack, ns": "50000",
    "idle governor": "haltpoll",
    "guest_halt_poll_ns": "200000",
}


def tree(root: Path, told: dict[str, str]) -> Path:
    """A root where the kernel tells these settings."""
    for name, value in told.items():
        path = root / kernel.FILES[name]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{value}\n")
    return root


def test_every_setting_is_read_below_the_root(tmp_path: Path) -> None:
    assert TOLD.keys() == kernel.FILES.keys()
    assert settings(tree(tmp_path, TOLD)) == TOLD


@pytest.mark.parametrize("missing", TOLD)
def test_a_setting_that_the_kernel_does_not_tell_is_left_out(missing: str, tmp_path: Path) -> None:
    told = {name: value for name, value in TOLD.items() if name != missing}
    assert settings(tree(tmp_path, told)) == told


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("CONFIG_A=y\nCONFIG_IRQ_TIME_ACCOUNTING=y\n", "y"),
        ("# CONFIG_IRQ_TIME_ACCOUNTING is not set\nCONFIG_HAVE_IRQ_TIME_ACCOUNTING=y\n", "n"),
        ("", "n"),
    ],
)
@pytest.mark.parametrize("packed", [True, False])
def test_how_the_kernel_was_built_is_read_from_either_place(
    text: str, value: str, *, packed: bool, tmp_path: Path
) -> None:
    path = tmp_path / ("proc/config.gz" if packed else "boot/config-6.0")
    path.parent.mkdir()
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    assert configured(SOFTIRQS_APART, tmp_path, "6.0") == value
    assert settings(tmp_path, "6.0") == {SOFTIRQS_APART: value}


def test_a_configuration_that_cannot_be_read_says_nothing(tmp_path: Path) -> None:
    assert configured(SOFTIRQS_APART, tmp_path, "6.0") is None
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/config.gz").write_bytes(gzip.compress(b"CONFIG_A=y\n" * 99)[:20])
    assert configured(SOFTIRQS_APART, tmp_path, "6.0") is None


def test_the_environment_has_them_and_a_comparison_names_what_differs(tmp_path: Path) -> None:
    here, there = (tree(tmp_path / name, TOLD) for name in ("here", "there"))
    (there / kernel.FILES["net.ipv4.tcp_congestion_control"]).write_text("cubic\n")
    environments = [{"kernel settings": environment(root)["kernel settings"]} for root in (here, there)]
    assert differing(environments) == [("kernel settings: net.ipv4.tcp_congestion_control", ("bbr", "cubic"))]
