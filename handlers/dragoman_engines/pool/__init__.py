"""A pool: one fair queue of units, and the processes that work on them."""
