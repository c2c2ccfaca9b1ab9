"""The ground that bodies and launchers stand on: flows, the board, the gate, meters, the ledger."""
