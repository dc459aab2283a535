"""A recording through a decoder in the test's own process, part by part as the server has it done."""

from __future__ import annotations

from pathlib import Path

from dragoman_engines.base import Engine
from dragoman_engines.work import AnyResult, ContinueDecoding, DecodeAudio, DecodedAudio


def decode_whole(
    decoder: Engine,
    data: bytes,
    spool: Path,
    max_duration_s: float = 60,
    max_samples: int = 3_000_000_000,
    track: int | None = None,
) -> AnyResult:
    """The result of the last part."""
    spool.touch()
    begin = DecodeAudio(
        data=data, pcm_path=str(spool), max_duration_s=max_duration_s, max_samples=max_samples, track=track
    )
    [result] = decoder.run([begin])
    while isinstance(result, DecodedAudio) and result.state == "more":
        [result] = decoder.run([ContinueDecoding(pcm_path=str(spool), worker="")])
    return result
