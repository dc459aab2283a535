"""Benchmarks: each measures the server beside what it is compared to, interleaved in one run."""
