"""Holds what comes through the server against references, and against the engines called directly.

One file for each subject; each is a function from a `Plan` to checks, and `__main__` lists them. The server's part
goes through real sockets with the client library. The engines' part runs in a process of its own once the server has
stopped, so that neither takes the other's processor time.
"""
