"""A model's first calls are made before a request waits for it."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from pathlib import Path

import pytest

from dragoman_engines.base import Capabilities, EngineSpec
from dragoman_engines.process import worker
from dragoman_engines.process.channel import Ready, Splitter, to_server
from dragoman_engines.process.warmup import warm_up
from dragoman_engines.work import (
    AnyResult,
    AnyWork,
    DecodeAudio,
    Failure,
    FindSpeech,
    Kind,
    Speak,
    TranslateSentences,
)


class Recorder:
    """An engine that fails at everything, and keeps what it was asked."""

    def __init__(self, **can: object) -> None:
        self.capabilities = Capabilities(model="toy", revision="1", **can)  # type: ignore[arg-type]
        self.asked: list[AnyWork] = []

    def run(self, batch: Sequence[AnyWork]) -> list[AnyResult]:
        for work in batch:
            if isinstance(work, DecodeAudio):
                Path(work.pcm_path).write_bytes(b"decoded")
            if isinstance(work, FindSpeech):
                assert Path(work.pcm_path).read_bytes() == b"decoded"
        self.asked += batch
        return [Failure(code="engine_failed", message="never") for _ in batch]


def asked(kind: Kind, **can: object) -> list[AnyWork]:
    engine = Recorder(**can)
    warm_up(engine, kind)
    return engine.asked


def test_every_pair_translates_once() -> None:
    works = asked("translation", pairs=[("en", "pt"), ("pt", "en")])
    assert [(work.source, work.target) for work in works if isinstance(work, TranslateSentences)] == [
        ("en", "pt"),
        ("pt", "en"),
    ]


def test_an_engine_for_any_pair_of_its_languages_translates_one() -> None:
    [work] = asked("translation", languages=["de", "en", "fr"])
    assert isinstance(work, TranslateSentences)
    assert (work.source, work.target) == ("de", "en")
    assert asked("translation") == []


@pytest.mark.parametrize(
    ("languages", "spoken"), [(["de", "en", "fr"], ["en", "de"]), (["en"], ["en"]), (["pt"], ["pt"]), ([], [])]
)
def test_english_and_another_language_are_spoken(languages: list[str], spoken: list[str]) -> None:
    works = asked("speech", languages=languages)
    assert [work.language for work in works if isinstance(work, Speak)] == spoken


def test_a_recording_is_decoded_and_searched_for_speech_and_leaves_nothing_behind() -> None:
    decode, find = asked("decoder")
    assert isinstance(decode, DecodeAudio)
    assert isinstance(find, FindSpeech)
    assert not Path(decode.pcm_path).parent.exists()


def test_a_process_says_that_it_is_ready_after_the_warm_up(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Recorder(languages=["en"])
    monkeypatch.setattr(worker, "make_engine", lambda _: engine)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        worker._load(EngineSpec(kind="speech", model="toy"), theirs)
        assert len(engine.asked) == 1
        [message] = [to_server.decode(body) for body in Splitter().feed(ours.recv(1 << 16))]
    assert message == Ready(capabilities=engine.capabilities)
