"""What processes that were killed have left: in a folder for temporary things, and in the kernel's table of processes."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

FORK_SERVER = "bench-forkserver-"  # the folder of a fork server's socket; the number of the cell's process follows


def remove_left_over(folder: Path, prefix: str) -> None:
    """Remove what a process left that was killed before it could: its number follows the prefix in the name."""
    for old in folder.glob(f"{prefix}*"):
        maker = old.name.removeprefix(prefix).split("-")[0]
        if maker.isdigit() and not Path("/proc", maker).exists():
            if old.is_dir() and not old.is_symlink():
                shutil.rmtree(old, ignore_errors=True)
            else:
                old.unlink(missing_ok=True)


def killed_child(session: int, root: Path = Path("/proc")) -> bool:
    """Was a process of this session killed by a signal that nobody has asked after yet?

    A cell that hangs may not have asked yet: flows that wait for a flow that was killed wait for ever.
    """
    for entry in root.iterdir():
        with suppress(OSError, IndexError, ValueError):  # no process, or it is gone
            stat = (entry / "stat").read_text().rpartition(")")[2].split()
            if stat[0] == "Z" and int(stat[3]) == session and int(stat[-1]) & 0x7F:
                return True
    return False
