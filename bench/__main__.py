"""`python -m bench`."""

import signal
import sys
from types import FrameType

from bench.commands.main import main


def stopped(_number: int, _frame: FrameType | None) -> None:
    """End as at Ctrl-C: what was measured is kept, and nothing is left running."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # who uses nohup has it ignored
            signal.signal(number, stopped)
    sys.exit(main())
