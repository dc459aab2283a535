"""Units of work and the types of their results."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from dragoman_engines.work import (
    AnyResult,
    AnyWork,
    ContinueDecoding,
    CorrectedText,
    CorrectText,
    DecodeAudio,
    DecodedAudio,
    EncodeAudio,
    EncodedAudio,
    ExtractData,
    ExtractedData,
    Failure,
    FindSpeech,
    Speak,
    Speech,
    SpeechSpans,
    TranscribeWindow,
    TranslateSentences,
    Translations,
    WindowText,
    Work,
)


def test_a_unit_names_the_type_of_its_result() -> None:
    assert {work: work.result_type for work in get_args(AnyWork)} == {
        DecodeAudio: DecodedAudio,
        ContinueDecoding: DecodedAudio,
        FindSpeech: SpeechSpans,
        EncodeAudio: EncodedAudio,
        TranscribeWindow: WindowText,
        TranslateSentences: Translations,
        Speak: Speech,
        CorrectText: CorrectedText,
        ExtractData: ExtractedData,
    }


def test_what_a_process_can_answer_is_the_results_of_all_units_and_a_failure() -> None:
    assert {Failure, *(work.result_type for work in get_args(AnyWork))} == set(get_args(AnyResult))


def test_a_unit_that_names_no_result_is_refused_when_its_class_is_made() -> None:
    with pytest.raises(ValueError, match="values to unpack"):

        class _Nameless(Work, frozen=True, kw_only=True):  # type: ignore[type-arg]
            pass


def test_a_unit_is_answered_piece_by_piece() -> None:
    work: Work[Any] = TranslateSentences(source="en", target="pt", sentences=["a", "b"])

    assert work.pieces(Translations(sentences=["c", "d"])) == [
        (TranslateSentences(source="en", target="pt", sentences=["a"]), Translations(sentences=["c"])),
        (TranslateSentences(source="en", target="pt", sentences=["b"]), Translations(sentences=["d"])),
    ]
