"""How one workload is shown. Beside the card, these are the only files of the report that may name one."""
