"""From a grid to records: blocks, rounds, a budget, progress, resuming. It times nothing itself."""
