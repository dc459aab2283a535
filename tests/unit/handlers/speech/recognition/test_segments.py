"""Segments are made while a recording is heard, and what was given is not changed."""

from __future__ import annotations

from itertools import pairwise

from dragoman_engines.work import SpokenWord, WindowText
from dragoman_handlers.speech.recognition.segments import SegmentMaker, segments_of


def window(text: str, start_s: float, language: str = "en", step_s: float = 0.5) -> WindowText:
    words = [
        SpokenWord(text=f" {word}", start_s=start_s + n * step_s, end_s=start_s + (n + 1) * step_s, confidence=0.9)
        for n, word in enumerate(text.split())
    ]
    return WindowText(words=words, language=language, language_probability=0.9)


def test_a_sentence_is_given_when_the_next_one_has_begun() -> None:
    maker = SegmentMaker(words=False)
    assert [one.text for one in maker.add(window("We are here. The train leaves at", 0))] == ["We are here."]
    assert [one.text for one in maker.add(window("nine. Come with", 4))] == ["The train leaves at nine."]
    assert [one.text for one in maker.rest()] == ["Come with"]
    assert maker.rest() == []


def test_what_follows_decides_where_a_sentence_ends() -> None:
    maker = SegmentMaker(words=False)
    assert maker.add(window("It begins at 5 p.m.", 0)) == []
    assert [one.text for one in maker.add(window("Eastern time. Good", 3))] == ["It begins at 5 p.m. Eastern time."]


def test_a_pause_between_windows_ends_a_sentence() -> None:
    assert [one.text for one in segments_of([window("well then", 0), window("go on", 9)], words=False)] == [
        "well then",
        "go on",
    ]


def test_another_language_ends_all_before_it_and_silence_changes_nothing() -> None:
    silence = WindowText(words=[], language="fr", language_probability=0.1)
    maker = SegmentMaker(words=False)
    assert maker.add(window("Good morning", 0)) == []
    assert maker.add(silence) == []
    told = maker.add(window("Bom dia a", 2, "pt"))
    assert [(one.text, one.language) for one in told] == [("Good morning", "en")]
    told = [*maker.add(window("todos. Sim.", 3.5, "pt")), *maker.rest()]
    assert [(one.text, one.language) for one in told] == [("Bom dia a todos.", "pt"), ("Sim.", "pt")]


def test_times_never_go_backwards_from_window_to_window() -> None:
    told = segments_of([window("One two.", 0), window("Three. Four.", 0.5)], words=True)
    ends = [(one.start_ms, one.end_ms) for one in told]
    assert ends == sorted(ends)
    assert all(one.start_ms >= before.end_ms for before, one in pairwise(told))


def test_speech_without_a_stop_is_given_after_a_while() -> None:
    maker = SegmentMaker(words=False)
    words = " ".join(f"word{number}" for number in range(60))
    told = [each for part in range(10) for each in maker.add(window(words, part * 30.0))]
    assert len(told) > 20
    assert " ".join(each.text for each in [*told, *maker.rest()]) == " ".join([words] * 10)
