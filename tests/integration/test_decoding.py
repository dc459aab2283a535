"""Recordings in every container, whole, cut off and hostile, through the real decoder."""

from __future__ import annotations

import io
import resource
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from dragoman_engines.base import Engine, EngineSpec
from dragoman_engines.process.factory import make_engine
from dragoman_engines.work import (
    AnyResult,
    DecodedAudio,
    Failure,
)
from tests.decoding import decode_whole

av = pytest.importorskip("av", reason="the [models] extra is not installed")
np = pytest.importorskip("numpy", reason="the [models] extra is not installed")
pytest.importorskip("faster_whisper", reason="the [models] extra is not installed")

pytestmark = pytest.mark.models

RATE_HZ = 16_000
LENGTH_S = 6.0
CONTAINERS: dict[str, tuple[str, str, int, dict[str, str]]] = {
    "wav": ("wav", "pcm_s16le", 44_100, {}),
    "mp3": ("mp3", "libmp3lame", 44_100, {}),
    "mp3-without-length": ("mp3", "libmp3lame", 44_100, {"write_xing": "0"}),
    "ogg-opus": ("ogg", "libopus", 48_000, {}),
    "m4a": ("ipod", "aac", 44_100, {}),
    "m4a-index-first": ("ipod", "aac", 44_100, {"movflags": "faststart"}),
    "mp4-fragmented": ("mp4", "aac", 44_100, {"movflags": "frag_keyframe+empty_moov"}),
    "webm": ("webm", "libopus", 48_000, {}),
    "webm-of-a-browser": ("webm", "libopus", 48_000, {"live": "1"}),
    "flac": ("flac", "flac", 22_050, {}),
}
DECLARE_NOTHING = {"mp3-without-length", "webm-of-a-browser"}


@pytest.fixture(scope="session")
def record(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], bytes]:
    """Six seconds of a tone in a container, by the name of the container; each is made once."""
    folder = tmp_path_factory.mktemp("recordings")
    made: dict[str, bytes] = {}

    def encode(name: str) -> bytes:
        format_, codec, rate, options = CONTAINERS[name]
        path = folder / name
        times = np.arange(int(rate * LENGTH_S)) / rate
        wave = (np.sin(2 * np.pi * 440 * times) * 8000).astype(np.int16)
        with av.open(str(path), "w", format=format_, options=options) as container:
            stream = container.add_stream(codec, rate=rate, layout="stereo")
            size = stream.codec_context.frame_size or 1024
            converter = av.AudioResampler(stream.format, "stereo", rate, frame_size=size)
            frame = av.AudioFrame.from_ndarray(wave[None, :], format="s16", layout="mono")
            frame.sample_rate, frame.pts = rate, 0
            for converted in [*converter.resample(frame), *converter.resample(None)]:
                container.mux(stream.encode(converted))
            container.mux(stream.encode(None))
        return path.read_bytes()

    def once(name: str) -> bytes:
        if name not in made:
            made[name] = encode(name)
        return made[name]

    return once


@pytest.fixture(scope="module")
def audio() -> Engine:
    return make_engine(EngineSpec(kind="decoder", model="embedded"))


def decode(audio: Engine, data: bytes, spool: Path, max_duration_s: float = 60) -> AnyResult:
    return decode_whole(audio, data, spool, max_duration_s)


def refused(audio: Engine, data: bytes, spool: Path, max_duration_s: float = 60) -> Failure:
    """The failure of a recording; its spool file must be gone."""
    result = decode(audio, data, spool, max_duration_s)
    assert isinstance(result, Failure), result
    assert not spool.exists()
    return result


def wav(samples: bytes, rate_hz: int, channels: int = 1, size: int | None = None) -> bytes:
    bytes_per_s = (rate_hz * 2 * channels) & 0xFFFF_FFFF
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, channels, rate_hz, bytes_per_s, 2 * channels, 16)
    head = struct.pack("<4sI", b"data", len(samples) if size is None else size)
    return b"RIFF\xff\xff\xff\xffWAVE" + form + head + samples


@pytest.mark.parametrize("container", CONTAINERS)
def test_every_container_becomes_16_khz_mono_of_the_same_length(
    audio: Engine, record: Callable[[str], bytes], tmp_path: Path, container: str
) -> None:
    spool = tmp_path / "spool.pcm"
    result = decode(audio, record(container), spool)
    assert isinstance(result, DecodedAudio), result
    assert result.samples / RATE_HZ == pytest.approx(LENGTH_S, abs=0.06)
    samples = np.fromfile(spool, "<i2")
    assert len(samples) == result.samples
    middle = samples[RATE_HZ : 2 * RATE_HZ].astype(float)
    # One second: the strongest bin is the tone's frequency in Hz.
    assert int(np.argmax(np.abs(np.fft.rfft(middle)))) == 440


@pytest.mark.parametrize("container", [name for name in CONTAINERS if name not in DECLARE_NOTHING])
def test_a_recording_cut_in_half_is_refused_as_cut_off(
    audio: Engine, record: Callable[[str], bytes], tmp_path: Path, container: str
) -> None:
    data = record(container)
    failure = refused(audio, data[: len(data) // 2], tmp_path / "spool.pcm")
    assert failure.code == "audio_undecodable"
    assert "cut off" in failure.message


@pytest.mark.parametrize("container", sorted(DECLARE_NOTHING))
def test_a_recording_that_declares_no_length_is_taken_as_it_is(
    audio: Engine, record: Callable[[str], bytes], tmp_path: Path, container: str
) -> None:
    data = record(container)
    result = decode(audio, data[: len(data) // 2], tmp_path / "spool.pcm")
    assert isinstance(result, DecodedAudio)
    assert result.samples / RATE_HZ == pytest.approx(LENGTH_S / 2, abs=0.2)


def test_a_cut_recording_tells_where_it_ends(audio: Engine, record: Callable[[str], bytes], tmp_path: Path) -> None:
    data = record("wav")
    failure = refused(audio, data[: len(data) // 2], tmp_path / "spool.pcm")
    assert failure.message == "the recording is cut off: it ends after 3.0 of 6.0 s"


@pytest.mark.parametrize("size", [0, 0xFFFF_FFFF, 0x7FFF_FFFF])
def test_a_wav_file_written_to_a_pipe_is_healthy(audio: Engine, tmp_path: Path, size: int) -> None:
    result = decode(audio, wav(bytes(2 * RATE_HZ), RATE_HZ, size=size), tmp_path / "spool.pcm")
    assert result == DecodedAudio(samples=RATE_HZ)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello, this is a text file\n" * 500,
        b"RIFF",
        bytes(10_000),
        bytes(range(256)) * 40,
        wav(b"", RATE_HZ),
        b"#EXTM3U\n#EXTINF:10,\nhttp://localhost/secret.mp3\n",
    ],
    ids=["empty", "text", "four-bytes", "zeros", "noise", "wav-without-samples", "playlist"],
)
def test_what_is_no_recording_is_refused(audio: Engine, tmp_path: Path, data: bytes) -> None:
    assert refused(audio, data, tmp_path / "spool.pcm").code == "audio_undecodable"


def test_a_playlist_does_not_open_the_files_that_it_names(
    audio: Engine, record: Callable[[str], bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret.mp3").write_bytes(record("mp3"))
    playlist = b"ffconcat version 1.0\nfile secret.mp3\n"
    # Without our list of demuxers the secret would be opened.
    with av.open(io.BytesIO(playlist), options={"safe": "0"}) as opened:
        assert opened.format.name == "concat"
    assert refused(audio, playlist, tmp_path / "spool.pcm").code == "audio_undecodable"


@pytest.mark.parametrize("container", ["wav", "mp3", "webm-of-a-browser"])
def test_a_recording_over_the_limit_is_refused_by_the_limits_name(
    audio: Engine, record: Callable[[str], bytes], tmp_path: Path, container: str
) -> None:
    failure = refused(audio, record(container), tmp_path / "spool.pcm", max_duration_s=5)
    assert failure.code == "audio_too_long"
    assert failure.message == "the recording is longer than the limit audio_s of 5 s"


@pytest.mark.parametrize(
    "data",
    [wav(bytes(200_000), 1), wav(bytes(200_000), 1_000_000_000), wav(bytes(200_000), RATE_HZ, channels=30_000)],
    ids=["1-hz", "1-ghz", "30000-channels"],
)
def test_a_header_of_nonsense_costs_no_memory(audio: Engine, tmp_path: Path, data: bytes) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert refused(audio, data, tmp_path / "spool.pcm", max_duration_s=36_000).code == "audio_undecodable"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_a_title_that_is_not_utf_8_spoils_no_recording(audio: Engine, tmp_path: Path) -> None:
    title = b"INFOINAM" + struct.pack("<I", 4) + b"caf\xe9"
    tags = b"LIST" + struct.pack("<I", len(title)) + title
    start = wav(b"", RATE_HZ)
    head, data = start[:-8], start[-8:-4] + struct.pack("<I", 2 * RATE_HZ) + bytes(2 * RATE_HZ)
    assert decode(audio, head + tags + data, tmp_path / "spool.pcm") == DecodedAudio(samples=RATE_HZ)


def test_a_cover_picture_is_not_decoded(audio: Engine, record: Callable[[str], bytes], tmp_path: Path) -> None:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    side = 12_000
    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(1 + 3 * side)) for _ in range(side)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    picture = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    body = b"\0image/png\0\x03\0" + picture
    frame = b"APIC" + struct.pack(">I", len(body)) + b"\0\0" + body
    size = bytes(len(frame) >> shift & 127 for shift in (21, 14, 7, 0))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = decode(audio, b"ID3\x03\0\0" + size + frame + record("mp3"), tmp_path / "spool.pcm")
    assert isinstance(result, DecodedAudio)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000
