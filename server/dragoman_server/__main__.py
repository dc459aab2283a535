"""`python -m dragoman_server`: the server's commands without the client's."""

from dragoman_wire.early_signals import leave_quietly_while_starting

leave_quietly_while_starting()

from dragoman_server.cli.commands import app  # noqa: E402 - a signal that comes while this is loaded has its handler

app()
