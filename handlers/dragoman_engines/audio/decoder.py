"""Any recording to raw samples, with PyAV (ffmpeg), in small steps.

What peers send is hostile until it is decoded: playlists make ffmpeg open files and addresses of their choice; cover
pictures are decoded while a file is opened, and 0.7 MB of them take 800 MB of memory; a sample rate of 1 Hz turns a
frame into hours; half a megabyte of silence takes a minute. So the demuxers, decoders and sample rates are those in
use for speech, and nothing else; the work is bounded; and it is done in steps, between which other recordings have
their turn.
"""

from __future__ import annotations

import io
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import av

from dragoman_engines.audio.containers import cut_off_reason, declared_s, index_is_too_large
from dragoman_engines.audio.downmix import Downmix
from dragoman_engines.audio.failures import TooMuchWorkError, UndecodableError
from dragoman_engines.audio.parts import MOST_PARTS, TooManyParts, split
from dragoman_engines.audio.spool_writer import SpoolWriter
from dragoman_engines.audio.timeline import STAMPED_FORMATS, Timeline
from dragoman_engines.audio.tracks import SpeechListener, tracks_in_order
from dragoman_engines.work import SPOOL_RATE_HZ

_DEMUXERS = "aac,aiff,amr,asf,au,caf,flac,matroska,mov,mp3,ogg,w64,wav"
_DECODERS = (
    "aac,aac_fixed,ac3,adpcm_ima_qt,adpcm_ima_wav,adpcm_ms,alac,amrnb,amrwb,eac3,flac,gsm,gsm_ms,"
    "libopencore_amrnb,libopencore_amrwb,libopus,mp1,mp1float,mp2,mp2float,mp3,mp3float,opus,"
    "pcm_alaw,pcm_f32be,pcm_f32le,pcm_f64be,pcm_f64le,pcm_mulaw,pcm_s16be,pcm_s16le,pcm_s24be,pcm_s24le,"
    "pcm_s32be,pcm_s32le,pcm_s8,pcm_u8,speex,vorbis,wmapro,wmav1,wmav2"
)
_KNOWN_DECODERS = frozenset(_DECODERS.split(","))
_OPTIONS = {"format_whitelist": _DEMUXERS, "codec_whitelist": _DECODERS, "protocol_whitelist": "none"}
# Titles and names in a file are often not UTF-8. Before version 19, PyAV refuses the whole file for one, unless it is
# told not to; since then it never does, and knows no such argument.
_TAG_OPTIONS = {"metadata_errors": "replace"} if int(av.__version__.partition(".")[0]) < 19 else {}
_OPENING_S = 2.0
"""Of the processor: opening a file cannot be interrupted, and what takes longer is no recording's index."""
_MISSING_S = 0.5
_MISSING_SHARE = 0.05
"""A recording is cut off where more than both is missing: encoders round, and pad or trim a little."""

# Silent: what ffmpeg says of a peer's file is no line of ours.
av.logging.set_level(None)


@dataclass(frozen=True, kw_only=True)
class DecodeLimits:
    """What one recording may take."""

    max_duration_s: float
    """Seconds, silence where time stamps say so included."""
    max_samples: int
    """Samples to decode in all channels together."""


@dataclass(frozen=True, kw_only=True)
class Decoded:
    """What became of a recording."""

    samples: int
    """In the spool file, at least 1."""
    track: int
    """Which of its audio tracks it is, counted from 0."""
    tracks: int
    """How many audio tracks there are."""


Steps = Generator[None, None, Decoded]


def decode_steps(data: bytes, spool: BinaryIO, limits: DecodeLimits, track: int | None = None) -> Steps:
    """Write a recording's sound to a spool file: signed 16 bit, mono, 16 kHz. Each step takes milliseconds.

    Memory does not grow with the length of the audio, whatever the container claims.

    Args:
        data: the recording, in any container; several files, one behind the other, are one recording.
        spool: empty, and open for writing without a buffer.
        limits: what is past them is refused.
        track: the audio track, counted from 0; None: the default track, or the first in which speech is found.

    Returns:
        What was written, by `StopIteration`.

    Raises:
        DecodingError: it is refused; the sentence says why.
        OSError: the spool file cannot be written.
    """
    yield
    try:
        parts = yield from split(data)
    except TooManyParts:
        raise UndecodableError(f"the recording consists of more than {MOST_PARTS} files") from None
    job = _Job(SpoolWriter(spool, limits.max_duration_s), limits)
    found: Decoded | None = None
    for number, part in enumerate(parts, start=1):
        yield
        try:
            one = yield from job.decode(part.of(data), track)
        except UndecodableError as error:
            if len(parts) == 1:
                raise
            raise UndecodableError(f"file {number} of the {len(parts)} in the recording: {error}") from error
        found = found or one
    if found is None or job.writer.samples == 0:
        raise UndecodableError("the recording holds no sound that can be decoded")
    return Decoded(samples=job.writer.samples, track=found.track, tracks=found.tracks)


class _BoundedFile(io.BytesIO):
    """A file whose reading ends when the processor has worked for too long."""

    until_s = float("inf")

    def read(self, size: int | None = -1, /) -> bytes:
        if time.thread_time() > self.until_s:
            raise TimeoutError
        return super().read(size)


class _Job:
    """Decodes the files of one recording, one behind the other."""

    def __init__(self, writer: SpoolWriter, limits: DecodeLimits) -> None:
        self.writer = writer
        self._limits = limits
        self._work = 0

    def decode(self, data: bytes, track: int | None) -> Steps:
        """Append a file's sound: that of the track, or of the first with speech, or of the first."""
        begin = self.writer.samples
        if index_is_too_large(data):
            raise UndecodableError("the recording's index claims more than there is in the file")
        yield
        with _opened(data) as container:
            order = tracks_in_order(container, _KNOWN_DECODERS, track)
            count = len(container.streams.audio)
        for index in order:
            self.writer.rewind(begin)
            listener = SpeechListener() if len(order) > 1 else None
            yield from self._copy(data, index, listener)
            if listener is None or listener.heard():
                return Decoded(samples=self.writer.samples, track=index, tracks=count)
        self.writer.rewind(begin)
        yield from self._copy(data, order[0], None)
        return Decoded(samples=self.writer.samples, track=order[0], tracks=count)

    def _copy(self, data: bytes, track: int, listener: SpeechListener | None) -> Iterator[None]:
        """Write one track, and check that it is all there."""
        begin = self.writer.samples
        with _opened(data) as container:
            yield
            stream = container.streams.audio[track]
            length_s = declared_s(container, stream, data)
            self._check_declared(length_s, stream)
            stamped = container.format.name.partition(",")[0] in STAMPED_FORMATS
            timeline = Timeline(self._limits.max_duration_s) if stamped else None
            downmix = Downmix()
            for frame in _frames(container, stream):
                if frame is None:
                    yield
                    continue
                yield from self._put(frame, timeline, downmix, listener)
            yield from self._write(downmix.flush(), listener)
        if self.writer.samples == begin:
            raise UndecodableError(cut_off_reason(data) or "the recording holds no sound that can be decoded")
        _check_whole(data, (self.writer.samples - begin) / SPOOL_RATE_HZ, length_s)

    def _put(
        self, frame: Any, timeline: Timeline | None, downmix: Downmix, listener: SpeechListener | None
    ) -> Iterator[None]:
        rate_hz = frame.sample_rate or 1
        self._count(frame.samples * frame.layout.nb_channels, frame.layout.nb_channels, rate_hz)
        gap_s = timeline.gap_s(frame.time, frame.samples / rate_hz) if timeline is not None else 0.0
        if gap_s:
            yield from self._write(downmix.flush(), listener)
            self.writer.silence(round(min(gap_s, 1e9) * SPOOL_RATE_HZ))
        # Before the conversion, which may need many times the memory of the frame.
        self.writer.check_room(int(frame.samples / rate_hz * SPOOL_RATE_HZ) - SPOOL_RATE_HZ)
        yield from self._write(downmix.convert(frame), listener)

    def _write(self, pieces: Iterator[Any], listener: SpeechListener | None) -> Iterator[None]:
        for piece in pieces:
            self.writer.write(piece)
            if listener is not None:
                listener.feed(piece)
            yield

    def _check_declared(self, length_s: float | None, stream: Any) -> None:
        """Refuse at once what would be refused in the end."""
        if length_s is None:
            return
        self.writer.check_room(int(length_s * SPOOL_RATE_HZ))
        context = stream.codec_context
        work = int(length_s * (context.sample_rate or 0)) * (context.channels or 0)
        if self._work + work > self._limits.max_samples:
            raise _too_much_work(self._work + work, context.channels, context.sample_rate, self._limits)

    def _count(self, samples: int, channels: int, rate_hz: int) -> None:
        self._work += samples
        if self._work > self._limits.max_samples:
            raise _too_much_work(self._work, channels, rate_hz, self._limits)


def _opened(data: bytes) -> Any:
    file = _BoundedFile(data)
    file.until_s = time.thread_time() + _OPENING_S
    try:
        container = av.open(file, options=_OPTIONS, **_TAG_OPTIONS)
    except TimeoutError as error:
        raise UndecodableError("the recording takes too long to open") from error
    except (av.FFmpegError, ValueError, UnicodeError) as error:
        raise UndecodableError(cut_off_reason(data) or "the bytes are no audio that the decoder knows") from error
    file.until_s = float("inf")
    return container


def _frames(container: Any, stream: Any) -> Iterator[Any]:
    """Yield every frame that can be decoded, and None for a packet without one.

    A damaged packet costs its own sound, as in a player.
    """
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
            yield None
            continue
        except (av.FFmpegError, ValueError):
            # Anything else will not be better at the next packet; what was decoded is judged by its length.
            return
        yield from frames or (None,)


def _check_whole(data: bytes, decoded_s: float, length_s: float | None) -> None:
    if length_s is not None:
        missing_s = length_s - decoded_s
        if missing_s > _MISSING_S and missing_s > length_s * _MISSING_SHARE:
            raise UndecodableError(f"the recording is cut off: it ends after {decoded_s:.1f} of {length_s:.1f} s")
    reason = cut_off_reason(data)
    if reason:
        raise UndecodableError(f"{reason}, after {decoded_s:.1f} s")


def _too_much_work(samples: int, channels: int, rate_hz: int, limits: DecodeLimits) -> TooMuchWorkError:
    return TooMuchWorkError(
        f"the recording has at least {samples} samples ({channels} channels of {rate_hz} Hz); "
        f"the limit audio_samples is {limits.max_samples}"
    )
