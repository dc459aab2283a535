"""The server's part of the `dragoman` command line."""
