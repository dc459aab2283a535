"""Fuzzing, guided by coverage: what reads peers' bytes gets inputs that reach new code, again and again."""
