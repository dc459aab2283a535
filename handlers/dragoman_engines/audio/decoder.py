"""Any recording to raw samples, with PyAV (ffmpeg).

What peers send is hostile until it is decoded: playlists make ffmpeg open files and addresses of their choice; cover
pictures are decoded while a file is opened, and 0.7 MB of them take 800 MB of memory; a sample rate of 1 Hz turns a
frame into hours. So the demuxers, decoders and sample rates are those in use for speech, and nothing else.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, BinaryIO

import av

from dragoman_engines.audio.containers import HEADER_FORMATS, cut_off_reason, declared_wav_s, has_mp3_length
from dragoman_engines.work import SPOOL_RATE_HZ

_DEMUXERS = "aac,aiff,amr,asf,au,caf,flac,matroska,mov,mp3,ogg,w64,wav"
_DECODERS = (
    "aac,aac_fixed,ac3,adpcm_ima_qt,adpcm_ima_wav,adpcm_ms,alac,amrnb,amrwb,eac3,flac,gsm,gsm_ms,"
    "libopencore_amrnb,libopencore_amrwb,libopus,mp1,mp1float,mp2,mp2float,mp3,mp3float,opus,"
    "pcm_alaw,pcm_f32be,pcm_f32le,pcm_f64be,pcm_f64le,pcm_mulaw,pcm_s16be,pcm_s16le,pcm_s24be,pcm_s24le,"
    "pcm_s32be,pcm_s32le,pcm_s8,pcm_u8,speex,vorbis,wmapro,wmav1,wmav2"
)
_OPTIONS = {"format_whitelist": _DEMUXERS, "codec_whitelist": _DECODERS, "protocol_whitelist": "none"}
# Titles and names in a file are often not UTF-8. Before version 19, PyAV refuses the whole file for one, unless it is
# told not to; since then it never does, and knows no such argument.
_TAG_OPTIONS = {"metadata_errors": "replace"} if int(av.__version__.partition(".")[0]) < 19 else {}
_LOWEST_RATE_HZ, _HIGHEST_RATE_HZ = 2_000, 768_000
_SAMPLE_BYTES = 2
_MISSING_S = 0.5
_MISSING_SHARE = 0.05
"""A recording is cut off where more than both is missing: encoders round, and pad or trim a little."""

# Silent: what ffmpeg says of a peer's file is no line of ours.
av.logging.set_level(None)


class UndecodableError(Exception):
    """The bytes are no audio, or not all of a recording; the sentence is for the peer."""


class TooLongError(Exception):
    """The audio is longer than the limit; the sentence names it."""


@dataclass
class _Progress:
    """How far the copying has come."""

    samples: int = 0
    """Written to the spool file."""
    last_s: float = 0.0
    """Where the last frame ends by its time stamp: later than the samples tell where silence was left out."""

    def seconds(self) -> float:
        return max(self.samples / SPOOL_RATE_HZ, self.last_s)


def decode(data: bytes, pcm_path: str, max_duration_s: float) -> int:
    """Write a recording's sound to a new spool file: signed 16 bit, mono, 16 kHz. Stops at the limit.

    Memory does not grow with the length of the audio, whatever the container claims.

    Args:
        data: the recording, in any container.
        pcm_path: the spool file; replaced if it is there, and left for the caller to remove on an error.
        max_duration_s: seconds of audio that are allowed.

    Returns:
        The number of samples written, at least 1.

    Raises:
        UndecodableError: no audio, or cut off.
        TooLongError: longer than `max_duration_s`.
        OSError: the spool file cannot be written.
    """
    descriptor = os.open(pcm_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as spool:
        progress, declared_s = _decode_to(spool, data, max_duration_s)
    if progress.samples == 0:
        raise UndecodableError("the recording holds no sound that can be decoded")
    _check_whole(data, progress.seconds(), declared_s)
    return progress.samples


def _decode_to(spool: BinaryIO, data: bytes, max_duration_s: float) -> tuple[_Progress, float | None]:
    try:
        container = av.open(io.BytesIO(data), options=_OPTIONS, **_TAG_OPTIONS)
    except (av.FFmpegError, ValueError, UnicodeError) as error:
        raise UndecodableError(cut_off_reason(data) or "the bytes are no audio that the decoder knows") from error
    with container:
        stream = _audio_stream(container)
        declared_s = _declared_s(container, stream, data)
        if declared_s is not None and declared_s > max_duration_s:
            raise _too_long(max_duration_s)
        return _copy(container, stream, spool, max_duration_s), declared_s


def _audio_stream(container: Any) -> Any:
    for stream in container.streams.audio:
        if stream.codec_context is not None and stream.codec_context.name in _DECODERS.split(","):
            return stream
    if container.streams.audio:
        raise UndecodableError("the recording's sound is coded in a way that the decoder does not know")
    raise UndecodableError("the recording has no sound")


def _copy(container: Any, stream: Any, spool: BinaryIO, max_duration_s: float) -> _Progress:
    limit = int(max_duration_s * SPOOL_RATE_HZ)
    progress = _Progress()
    converter = _Converter()
    for frame in _frames(container, stream):
        if not _LOWEST_RATE_HZ <= frame.sample_rate <= _HIGHEST_RATE_HZ:
            raise UndecodableError(f"a sample rate of {frame.sample_rate} Hz is no recording's")
        length_s = frame.samples / frame.sample_rate
        if frame.time is not None:
            progress.last_s = max(progress.last_s, frame.time + length_s)
        # Before the conversion, which may need many times the memory of the frame.
        if progress.samples / SPOOL_RATE_HZ + length_s > max_duration_s + 1:
            raise _too_long(max_duration_s)
        for pcm in converter.convert(frame):
            progress.samples += spool.write(pcm) // _SAMPLE_BYTES
        if progress.samples > limit:
            raise _too_long(max_duration_s)
    for pcm in converter.flush():
        progress.samples += spool.write(pcm) // _SAMPLE_BYTES
    return progress


def _frames(container: Any, stream: Any) -> Iterator[Any]:
    """Yield every frame that can be decoded: a damaged packet costs its own sound, as in a player."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
            if packet is None:
                return
            frames = packet.decode()
        except av.error.EOFError:
            return
        except av.error.InvalidDataError:
            continue
        except (av.FFmpegError, ValueError):
            # Anything else will not be better at the next packet; what was decoded is judged by its length.
            return
        yield from frames


class _Converter:
    """Resamples; starts again where the stream changes its format, as chained Ogg files do."""

    def __init__(self) -> None:
        self._format: tuple[str, str, int] | None = None
        self._resampler: Any = None

    def convert(self, frame: Any) -> Iterator[bytes]:
        format_ = (frame.format.name, frame.layout.name, frame.sample_rate)
        if format_ != self._format:
            yield from self.flush()
            self._format = format_
            self._resampler = av.AudioResampler(format="s16", layout="mono", rate=SPOOL_RATE_HZ)
        # The samples follow one another, whatever the time stamps say.
        frame.pts = None
        yield from self._run(frame)

    def flush(self) -> Iterator[bytes]:
        if self._resampler is not None:
            yield from self._run(None)
            self._resampler = None

    def _run(self, frame: Any) -> Iterator[bytes]:
        try:
            frames = self._resampler.resample(frame)
        except (av.FFmpegError, ValueError) as error:
            raise UndecodableError(f"the recording's sound cannot be converted: {error}") from error
        for converted in frames:
            # The plane is longer than its samples.
            yield bytes(converted.planes[0])[: converted.samples * _SAMPLE_BYTES]


def _declared_s(container: Any, stream: Any, data: bytes) -> float | None:
    """Return the length that the header declares, in seconds; None where it declares none or is not to be believed."""
    name = container.format.name.partition(",")[0]
    if name == "wav":
        return declared_wav_s(data)
    believed = name in HEADER_FORMATS or (name == "mp3" and has_mp3_length(data))
    if believed and stream.duration:
        return _seconds(stream.duration, stream.time_base)
    # Matroska has one length for the file; where ffmpeg guessed, it gives the stream one too.
    if name == "matroska" and stream.duration is None and len(container.streams) == 1 and container.duration:
        return _seconds(container.duration, Fraction(1, av.time_base))
    return None


def _seconds(ticks: int, tick_s: Fraction) -> float:
    return float(ticks * tick_s)


def _check_whole(data: bytes, decoded_s: float, declared_s: float | None) -> None:
    if declared_s is not None:
        missing_s = declared_s - decoded_s
        if missing_s > _MISSING_S and missing_s > declared_s * _MISSING_SHARE:
            raise UndecodableError(f"the recording is cut off: it ends after {decoded_s:.1f} of {declared_s:.1f} s")
    reason = cut_off_reason(data)
    if reason:
        raise UndecodableError(f"{reason}, after {decoded_s:.1f} s")


def _too_long(max_duration_s: float) -> TooLongError:
    return TooLongError(f"the recording is longer than the limit audio_s of {max_duration_s:g} s")
