"""What the user is told: lines on stderr, since stdout belongs to the command."""

import sys
from typing import NoReturn

OK, FAILED, UNFIT, INTERRUPTED = 0, 1, 2, 130  # the same exit statuses as `python -m bench`


def say(message: str) -> None:
    """Tell the user, in one line."""
    print(f"environment: {message}", file=sys.stderr)


def fail(message: str, status: int = FAILED) -> NoReturn:
    """End here, in one line that says what is wrong and what to do."""
    say(message)
    sys.exit(status)
