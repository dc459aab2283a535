"""The program of a child process: load one model, answer batches until the server closes the pipe.

Usage (by the pool only): python -m dragoman_engines.process.worker FD
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
import traceback

from dragoman_engines.base import Engine, EngineSpec, ModelMissing
from dragoman_engines.confinement.profile import confine, work_folder
from dragoman_engines.process.allocator import give_memory_back, keep_memory_for_messages
from dragoman_engines.process.channel import Done, Load, LoadFailed, Ping, Pong, Ready, messages_to_child, pack
from dragoman_engines.process.factory import ECHO, make_engine
from dragoman_engines.process.prepare import die_before_the_server, die_with_the_parent, prepare
from dragoman_engines.process.warmup import warm_up
from dragoman_engines.work import AnyResult, AnyWork, Failure


def main() -> None:
    """Serve one engine, then end hard: native thread pools are known to deadlock in an orderly exit."""
    sock = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_the_parent()
    die_before_the_server()
    code = 0
    try:
        serve(sock)
    except (BrokenPipeError, ConnectionResetError):
        pass  # the server is gone: end as well
    except BaseException:  # noqa: BLE001 - whatever it is, it must be seen before the hard exit
        traceback.print_exc()
        code = 1
    sys.stderr.flush()
    os._exit(code)


def serve(sock: socket.socket) -> None:
    """Answer messages until the pipe ends."""
    engine: Engine | None = None
    for message in messages_to_child(sock):
        if isinstance(message, Load):
            engine = _load(message.spec, sock)
            if engine is None:
                return
            continue
        if isinstance(message, Ping):
            sock.sendall(pack(Pong()))
            continue
        if engine is None:
            raise RuntimeError("a batch came before the model was loaded")
        begin_s = time.perf_counter()
        results = run_batch(engine, message.work)
        took_s = time.perf_counter() - begin_s
        sock.sendall(pack(Done(number=message.number, results=results, compute_s=took_s)))


def run_batch(engine: Engine, work: list[AnyWork]) -> list[AnyResult]:
    """Return the engine's results; where it raises, each unit has failed with its words."""
    try:
        results = engine.run(work)
    except Exception as error:  # noqa: BLE001 - the model's own errors have no common base
        # The place and the kind of the error; its words are for the peer only, for they may quote the text.
        traceback.print_tb(error.__traceback__)
        sys.stderr.write(f"{type(error).__qualname__}\n")
        reason = f"{type(error).__name__}: {error}"[:500]
        return [Failure(code="engine_failed", message=f"the model failed: {reason}") for _ in work]
    if len(results) != len(work):
        raise RuntimeError(f"the engine gave {len(results)} results for {len(work)} units")
    return results


def _load(spec: EngineSpec, sock: socket.socket) -> Engine | None:
    if spec.nice:
        os.nice(spec.nice)
    # Before any library has threads: Landlock confines the thread that asks for it, and those that it starts.
    try:
        if spec.confine:
            prepare(spec)
        done = confine(spec)
    except ModelMissing as error:
        sock.sendall(pack(LoadFailed(message=str(error))))
        return None
    if spec.kind == "decoder":
        keep_memory_for_messages()  # recordings come to it whole; to the others, only pieces of their spool files
    try:
        engine = make_engine(spec)
    except ModelMissing as error:
        sock.sendall(pack(LoadFailed(message=str(error))))
        return None
    if spec.model != ECHO:
        warm_up(engine, spec.kind, work_folder(spec))
        give_memory_back()  # models are copied on their way to where they stay
    ready = Ready(capabilities=engine.capabilities, confined_by=done.parts, not_confined=done.missing)
    sock.sendall(pack(ready))
    return engine


if __name__ == "__main__":
    main()
