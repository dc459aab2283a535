"""The confinement of a child process: what it may still do once it works on what peers sent."""
