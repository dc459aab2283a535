"""A recording to its spool file: decoded part by part, so that other recordings have their turn between two parts."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from dragoman_engines.pool.unit import EngineDied
from dragoman_engines.work import ContinueDecoding, DecodeAudio, DecodedAudio
from dragoman_handlers.base import Context
from dragoman_wire.inbound import Buffer

_MOST_BEGINNINGS = 3
"""What was decoded is lost where the decoder's process ends. A recording that ends it every time is given up."""


async def decode_recording(context: Context, audio: Buffer, pcm_path: Path, track: int | None) -> DecodedAudio:
    """Decode a recording, in any container that the decoder knows, into a spool file.

    Args:
        context: the running task.
        audio: the recording.
        pcm_path: of the spool file.
        track: the audio track, counted from 0; None: the default track, or the first with speech.

    Raises:
        DragomanError: the bytes are no audio, it is too long or too much, or there is no such track.
    """
    limits = context.limits
    begin = DecodeAudio(
        data=cast("bytes", audio),
        pcm_path=str(pcm_path),
        max_duration_s=limits.audio_s,
        max_samples=limits.audio_samples,
        track=track,
    )
    for _ in range(_MOST_BEGINNINGS):
        answer = await context.run(begin, size_s=begin.whole_s())
        took_s = answer.compute_s
        while answer.result.state == "more":
            context.check_spool(pcm_path)
            following = ContinueDecoding(pcm_path=str(pcm_path), worker=answer.worker)
            # A request that has taken long is a long one, whatever its bytes let expect.
            answer = await context.run(following, size_s=max(begin.whole_s(), took_s))
            took_s += answer.compute_s
        if answer.result.state == "done":
            context.check_spool(pcm_path)
            return answer.result
    raise EngineDied(f"the decoder lost this recording {_MOST_BEGINNINGS} times: its process ended")
