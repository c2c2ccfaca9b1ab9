"""Exit statuses."""

OK = 0
FAILED = 1  # or a cell is void
USAGE = 2
DIFFERENT = 3  # a difference was found, and --fail-on-difference asked for it
NOT_JUDGED = 4  # --fail-on-difference asked, and nothing could be judged
INTERRUPTED = 130  # a run can be resumed
