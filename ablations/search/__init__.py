"""The only Optuna room: the ledger of every design, and for a search the chooser of the next trial."""
