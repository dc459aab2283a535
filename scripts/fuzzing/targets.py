"""What is fuzzed: each target takes bytes, and raises where a property does not hold.

It imports what it fuzzes inside, so that the fuzzer can instrument it before.
"""

# ruff: noqa: PLC0415 -- see above

from __future__ import annotations

import struct
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_LANGUAGES = ("en", "pt", "de", "zh", "ar", "th", "ja", "fr")

Target = Callable[[bytes], None]


def messages() -> Target:
    """Decode frames: a message is an `Inbound` or a `BadMessage`, never another exception."""
    from dragoman_wire.inbound import BadMessage, decode_message
    from dragoman_wire.limits import WireLimits

    limits = WireLimits(header_bytes=1 << 14, base64_header_bytes=1 << 16, request_bytes=1 << 17)

    def run(data: bytes) -> None:
        frames = list(_frames(data))
        try:
            inbound = decode_message(frames, limits)
        except BadMessage as bad:
            if not bad.error.code:
                raise AssertionError("an error without a code") from bad
            return
        if inbound.envelope.request_type != inbound.request_type:
            raise AssertionError("the return address is of another type")

    return run


def text() -> Target:
    """Cut a text into sentences: joined they are the text, and with identity translations as well."""
    from dragoman_handlers.text.sentences.segmentation import join_text, split_text

    def run(data: bytes) -> None:
        if not data:
            return
        words = data[1:].decode("utf-8", "ignore")
        language, carried = _LANGUAGES[data[0] % len(_LANGUAGES)], bool(data[0] & 0x80)
        pieces = split_text(words, language, carried=carried, most_tokens=40 if data[0] & 0x40 else 0)
        if "".join(piece.text for piece in pieces) != words and not any(piece.breaks for piece in pieces):
            raise AssertionError("the pieces are not the text")
        join_text(pieces, [piece.text for piece in pieces if piece.translatable])

    return run


def documents() -> Target:
    """Parse a file of any format: it is refused with an error of ours, or rendered as it was."""
    from dragoman_handlers.text.formats.registry import BILINGUAL, FORMATS, ParseOptions, detect, parse_document
    from dragoman_wire.errors import DragomanError

    def run(data: bytes) -> None:
        if not data:
            return
        words = data[1:].decode("utf-8", "ignore")
        name = FORMATS[data[0] % len(FORMATS)]
        detect(words)
        try:
            document = parse_document(words, name, ParseOptions(language="pt"))
        except DragomanError:
            return
        same = document.render({each: each for each in document.texts})
        if name not in BILINGUAL and same != words:
            raise AssertionError(f"{name}: an identity translation changed the file")

    return run


def containers() -> Target:
    """Look into recordings, and decode them: an error is one of ours."""
    from dragoman_engines.audio.containers import cut_off_reason, declared_wav_s, has_mp3_length
    from dragoman_engines.audio.decoder import DecodeLimits, decode_steps
    from dragoman_engines.audio.failures import DecodingError

    limits = DecodeLimits(max_duration_s=5.0, max_samples=1_000_000)

    def run(data: bytes) -> None:
        declared_wav_s(data)
        has_mp3_length(data)
        cut_off_reason(data)
        try:
            with tempfile.TemporaryFile() as spool:
                for _ in decode_steps(data, spool, limits):
                    pass
        except DecodingError:
            return

    return run


TARGETS: dict[str, Callable[[], Target]] = {
    "messages": messages,
    "text": text,
    "documents": documents,
    "containers": containers,
}


def _frames(data: bytes) -> Iterator[bytes]:
    """Read frames, each with its length of 16 bits in front; the last one is what is left."""
    while len(data) >= 2:
        (length,) = struct.unpack_from(">H", data)
        yield data[2 : 2 + length]
        data = data[2 + length :]


def _framed(*frames: bytes) -> bytes:
    return b"".join(struct.pack(">H", len(frame)) + frame for frame in frames if len(frame) < 1 << 16)


def seeds(name: str) -> Iterator[bytes]:
    """Yield inputs to begin with."""
    import msgpack
    import msgspec

    if name == "messages":
        for path in sorted((ROOT / "tests" / "golden" / "requests").glob("*.json")):
            document = msgspec.json.decode(path.read_bytes())
            for each in document if isinstance(document, list) else [document]:
                yield _framed(msgspec.json.encode(each), bytes(16))
                yield _framed(msgpack.packb(each), bytes(16))
    elif name in ("text", "documents"):
        from dragoman_handlers.text.formats.registry import FORMATS

        for path in sorted((ROOT / "tests" / "data" / "formats").iterdir()):
            for number in range(len(FORMATS)) if name == "documents" else (0, 0x40, 0x80, 3):
                yield bytes([number]) + path.read_bytes()[:4000]
    else:
        yield from _recordings()


def _recordings() -> Iterator[bytes]:
    import io

    import av
    import numpy as np

    rate_hz = 16_000
    sound = (np.sin(np.arange(rate_hz // 4) / 10) * 8000).astype(np.int16).reshape(1, -1)
    for container, codec in (
        ("wav", "pcm_s16le"),
        ("ogg", "libopus"),
        ("mp3", "mp3"),
        ("flac", "flac"),
        ("mp4", "aac"),
    ):
        out = io.BytesIO()
        with av.open(out, "w", format=container) as file:
            stream = file.add_stream(codec, rate=48_000 if codec == "libopus" else rate_hz)
            frame = av.AudioFrame.from_ndarray(sound, format="s16", layout="mono")
            frame.sample_rate = rate_hz
            for packet in [*stream.encode(frame), *stream.encode(None)]:
                file.mux(packet)
        yield out.getvalue()
