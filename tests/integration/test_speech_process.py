"""The process of the voices: how many threads it has, and that it ends when it is told to."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import psutil
import pytest

from dragoman_engines.base import EngineSpec, ModelMissing
from dragoman_engines.models.resolve import resolve
from dragoman_engines.process.channel import Batch, Done, Load, Ready, Splitter, ToServer, pack, to_server
from dragoman_engines.work import Speak, Speech
from tests.harness import PATIENCE_S

pytest.importorskip("hibari", reason="the [models] extra is not installed")

pytestmark = pytest.mark.models

# Beside the main thread: what libraries start for themselves, whatever they are told.
FEW_THREADS = 3


class Worker:
    """A child process as the server starts it, and the pipe to it."""

    def __init__(self, process: subprocess.Popen[bytes], pipe: socket.socket) -> None:
        self.process = process
        self._pipe = pipe
        self._splitter = Splitter()

    def ask(self, message: Load | Batch) -> ToServer:
        self._pipe.sendall(pack(message))
        while True:
            data = self._pipe.recv(1 << 20)
            assert data, "the process ended"
            if bodies := list(self._splitter.feed(data)):
                [answer] = map(to_server.decode, bodies)
                return cast("ToServer", answer)

    @property
    def threads(self) -> int:
        return int(psutil.Process(self.process.pid).num_threads())

    def close(self) -> None:
        self._pipe.close()


@contextmanager
def worker() -> Iterator[Worker]:
    ours, theirs = socket.socketpair()
    ours.settimeout(PATIENCE_S)
    environment = os.environ | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "dragoman_engines.process.worker", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            env=environment,
        )
    try:
        yield Worker(process, ours)
    finally:
        ours.close()
        process.kill()
        process.wait()


def kokoro_is_here() -> bool:
    try:
        resolve("kokoro")
    except ModelMissing:
        return False
    return True


@pytest.mark.parametrize(("model", "voice"), [("hibari", "hibari"), ("kokoro", "af_heart")])
def test_a_voice_runs_on_few_threads_and_its_process_ends_by_itself(model: str, voice: str) -> None:
    if model == "kokoro" and not kokoro_is_here():
        pytest.skip("Kokoro is not here; run: dragoman models pull kokoro")
    with worker() as child:
        assert isinstance(child.ask(Load(spec=EngineSpec(kind="speech", model=model, threads=1))), Ready)
        done = child.ask(Batch(number=1, work=[Speak(text="Yes.", language="en", voice=voice)]))
        assert isinstance(done, Done)
        assert isinstance(done.results[0], Speech)
        assert done.results[0].pcm
        assert child.threads <= 1 + FEW_THREADS
        child.close()
        # By itself: it is not killed before this returns, or the test fails.
        assert child.process.wait(PATIENCE_S) == 0
