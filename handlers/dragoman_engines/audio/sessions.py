"""Recordings that are being decoded: a step of each at a time."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from dragoman_engines.audio.decoder import DecodeLimits, Steps, decode_steps
from dragoman_engines.audio.failures import DecodingError
from dragoman_engines.audio.spool_files import SAMPLE_BYTES
from dragoman_engines.work import DECODING_STEP_S, AnyResult, ContinueDecoding, DecodeAudio, DecodedAudio, Failure
from dragoman_wire.errors import EngineFailed


@dataclass(frozen=True, kw_only=True)
class _Session:
    """A recording that is not done."""

    steps: Steps
    spool: BinaryIO

    def close(self) -> None:
        self.steps.close()
        self.spool.close()


class DecodingSessions:
    """Decodes recordings by turns. One that is no longer wanted is known by its spool file, which is gone."""

    def __init__(self) -> None:
        self._sessions: dict[str, _Session] = {}

    def begin(self, work: DecodeAudio) -> AnyResult:
        """Decode the beginning; a recording that cannot be used is a `Failure`, and its spool file is removed.

        The file has to be there: one that is gone is no longer wanted, and made anew it would stay for ever.

        Raises:
            OSError: the spool file cannot be written.
        """
        self._drop_unwanted()
        try:
            descriptor = os.open(work.pcm_path, os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW)
        except FileNotFoundError:
            return Failure(code=EngineFailed.code, message="the spool file of the recording is gone")
        spool = os.fdopen(descriptor, "wb", buffering=0)
        limits = DecodeLimits(max_duration_s=work.max_duration_s, max_samples=work.max_samples)
        steps = decode_steps(work.data, spool, limits, work.track)
        before = self._sessions.get(work.pcm_path)
        if before is not None:
            before.close()
        self._sessions[work.pcm_path] = _Session(steps=steps, spool=spool)
        return self._step(work.pcm_path)

    def go_on(self, work: ContinueDecoding) -> AnyResult:
        """Decode the next part, as `begin` does; one that this process has not begun is `lost`.

        Raises:
            OSError: the spool file cannot be written.
        """
        self._drop_unwanted()
        if work.pcm_path not in self._sessions:
            return DecodedAudio(samples=0, state="lost")
        return self._step(work.pcm_path)

    def _step(self, pcm_path: str) -> AnyResult:
        session = self._sessions[pcm_path]
        whole = False
        until_s = time.monotonic() + DECODING_STEP_S
        try:
            while time.monotonic() < until_s:
                next(session.steps)
            whole = True
            return DecodedAudio(samples=session.spool.tell() // SAMPLE_BYTES, state="more")
        except StopIteration as end:
            whole = True
            self._end(pcm_path)
            return DecodedAudio(samples=end.value.samples, track=end.value.track, tracks=end.value.tracks)
        except DecodingError as error:
            return Failure(code=error.public.code, message=str(error))
        finally:
            if not whole:
                self._end(pcm_path)
                Path(pcm_path).unlink(missing_ok=True)

    def _end(self, pcm_path: str) -> None:
        self._sessions.pop(pcm_path).close()

    def _drop_unwanted(self) -> None:
        for path in [path for path in self._sessions if not Path(path).exists()]:
            self._end(path)
