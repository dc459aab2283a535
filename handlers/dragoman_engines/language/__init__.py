"""Language models: those of a server that is asked over HTTP, within budgets, and the rules that need none."""
