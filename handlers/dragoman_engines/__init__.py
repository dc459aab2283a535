"""Models behind a small typed interface, in child processes, and the pools that feed them units of work."""
