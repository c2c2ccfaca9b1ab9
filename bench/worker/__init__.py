"""One cell in one process: the code around what is timed. It imports no numpy, pandas, matplotlib or jinja2."""
