"""Run files -> document (pure) -> charts -> html and terminal. Reads files only; imports no model, workload or
worker.
"""
