"""Chaos: what was accepted is answered exactly once, whatever is killed, stopped or cut off meanwhile."""
