"""What the model heard becomes what the wire has."""

from __future__ import annotations

from msgspec import UNSET

from dragoman_engines.base import Capabilities
from dragoman_engines.work import SPOOL_RATE_HZ, SpokenWord, WindowText
from dragoman_handlers.speech.recognition.segments import segments_of
from dragoman_handlers.speech.recognition.transcripts import heard_transcription, in_formats, mobile_transcription
from dragoman_server.config import LimitsConfig
from dragoman_wire.events import Transcription, TranscriptWord
from dragoman_wire.requests import MobileSegment, MobileTranscription

MANY = Capabilities(model="base", revision="1", languages=["en", "pt"], multilingual=True)
ENGLISH = Capabilities(model="tiny.en", revision="1", languages=["en"])


def window(language: str, probability: float, *texts: str) -> WindowText:
    words = [
        SpokenWord(text=f" {text}", start_s=index, end_s=index + 0.5, confidence=0.25)
        for index, text in enumerate(texts)
    ]
    return WindowText(words=words, language=language, language_probability=probability)


def heard(*windows: WindowText, engine: Capabilities = MANY, words: bool = False) -> Transcription:
    segments = segments_of(windows, words=words)
    return heard_transcription(engine, windows, segments, stated=None, samples=3 * SPOOL_RATE_HZ)


def test_the_language_is_that_of_most_of_the_text_and_each_segment_has_its_own() -> None:
    transcription = heard(window("en", 0.6, "Hi."), window("pt", 0.9, "Bom dia a todos."))
    assert (transcription.language, transcription.language_confidence) == ("pt", 0.9)
    assert [segment.language for segment in transcription.segments] == ["en", "pt"]


def test_the_confidence_in_a_language_is_the_mean_over_its_text() -> None:
    transcription = heard(window("pt", 0.5, "aaaa"), window("pt", 0.9, "aaaa"))
    assert transcription.language_confidence == 0.7


def test_a_model_of_one_language_has_no_confidence_in_it() -> None:
    assert heard(window("en", 1.0, "Hi."), engine=ENGLISH).language_confidence is None


def test_where_there_is_no_speech_no_language_is_claimed() -> None:
    silent = heard(window("en", 0.4))
    assert (silent.text, silent.language, silent.language_confidence, silent.segments) == ("", "und", None, [])
    stated = heard_transcription(MANY, [], [], stated="pt", samples=0)
    assert stated.language == "pt"


def test_words_are_there_only_where_they_were_asked_for() -> None:
    assert heard(window("en", 1.0, "Hi.")).segments[0].words is UNSET
    with_words = heard(window("en", 1.0, "Hi.", "You."), words=True)
    assert with_words.segments[1].words == [TranscriptWord(text="You.", start_ms=1000, end_ms=1500, confidence=0.25)]


def test_subtitles_are_there_only_where_they_were_asked_for() -> None:
    plain = heard(window("en", 1.0, "Hi.", "You."))
    assert (in_formats(plain, None).srt, in_formats(plain, []).vtt) == (UNSET, UNSET)
    one = in_formats(plain, ["vtt"])
    assert one.srt is UNSET
    assert isinstance(one.vtt, str)
    assert one.vtt.startswith("WEBVTT\n\n00:00:00.000 --> 00:00:00.500\nHi.")
    both = in_formats(plain, ["srt", "vtt", "srt"])
    assert isinstance(both.srt, str)
    assert both.srt.endswith("2\n00:00:01,000 --> 00:00:01,500\nYou.")


def test_the_phones_transcription_has_subtitles_as_well() -> None:
    segment = MobileSegment(text="Olá.", start_ms=0, end_ms=800)
    mobile = mobile_transcription(
        MobileTranscription(text="Olá.", language="pt", segments=[segment]), None, LimitsConfig()
    )
    assert mobile is not None
    assert in_formats(mobile, ["srt"]).srt == "1\n00:00:00,000 --> 00:00:00,800\nOlá."
