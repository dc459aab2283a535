"""The life of a request: decided, placed in a lane, run, finished and kept for repeats."""
