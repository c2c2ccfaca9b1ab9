"""From records to findings and verdicts: pure functions of frames. Reads files of any machine and version; imports no
model, no workload and nothing that measures.
"""
