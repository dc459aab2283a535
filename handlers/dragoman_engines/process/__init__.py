"""The child process of an engine: how it is started, what it runs, and the channel to it."""
