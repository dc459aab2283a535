"""`python -m dragoman_server`: the server's commands without the client's."""

from dragoman_server.cli.commands import app

app()
