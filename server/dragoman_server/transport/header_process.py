"""The program of the reader of large headers: it decodes one message after the other until the server closes the pipe.

Usage (by the server only): python -m dragoman_server.transport.header_process FD
"""

from __future__ import annotations

import gc
import os
import resource
import socket
import sys
from contextlib import suppress

from dragoman_engines.confinement.profile import confine_plain
from dragoman_engines.process.prepare import die_before_the_server
from dragoman_server.transport.header_channel import LENGTH, Bad, answer, pack, read_ask
from dragoman_wire.codec import Codec
from dragoman_wire.envelope import Envelope
from dragoman_wire.errors import TooLarge

_MEMORY_BYTES = 2 << 30
"""Of address space: what a header may become in memory."""
_NICE = 2


def main(descriptor: int) -> None:
    """Answer until the pipe ends."""
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    with suppress(OSError):
        os.nice(_NICE)
    die_before_the_server()
    confine_plain()
    # A header becomes millions of small objects, in none of which is a circle.
    gc.disable()
    with socket.socket(fileno=descriptor) as sock, sock.makefile("rb") as pipe:
        while len(head := pipe.read(LENGTH.size)) == LENGTH.size:
            body = pipe.read(LENGTH.unpack(head)[0])
            try:
                found = answer(read_ask(body))
            except MemoryError:
                found = Bad(
                    code=TooLarge.code,
                    message="the header takes more memory than a header may",
                    envelope=Envelope(request_type=None, codec=Codec.JSON),
                    first_bytes=b"",
                    readable=False,
                )
            sock.sendall(pack(found))


if __name__ == "__main__":
    main(int(sys.argv[1]))
