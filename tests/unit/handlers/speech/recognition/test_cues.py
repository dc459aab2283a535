"""Words become cues that can be read: sentences where a reader sees them end, and parts of long ones."""

from __future__ import annotations

import pytest

from dragoman_engines.work import SpokenWord
from dragoman_handlers.speech.recognition.cues import LONGEST_CHARACTERS, LONGEST_S, to_cues


def word(text: str, start_s: float, end_s: float, confidence: float = 0.5) -> SpokenWord:
    return SpokenWord(text=text, start_s=start_s, end_s=end_s, confidence=confidence)


def words(text: str, *, word_s: float = 0.3) -> list[SpokenWord]:
    return [word(f" {each}", index * word_s, (index + 1) * word_s) for index, each in enumerate(text.split())]


def texts(text: str, language: str = "en", *, word_s: float = 0.2) -> list[str]:
    return [cue.text for cue in to_cues(words(text, word_s=word_s), language)]


@pytest.mark.parametrize(
    ("text", "cues"),
    [
        ("Hello there. How are you? Fine!", ["Hello there.", "How are you?", "Fine!"]),
        ('He said "no." Then he left.', ['He said "no."', "Then he left."]),
        ("Mr. Smith met J. Doe.", ["Mr. Smith met J. Doe."]),
        ("It cost 3.50 euros.", ["It cost 3.50 euros."]),
        ("Well... maybe.", ["Well... maybe."]),
        ("", []),
    ],
)
def test_cues_end_where_sentences_do(text: str, cues: list[str]) -> None:
    assert texts(text) == cues


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The U.S. Army arrived at 5 p.m. Eastern time."),
        ("en", "We left at 3 a.m. Pacific with Dr. J. R. Smith."),
        ("en", "It is 7 a.m. GMT and 8 a.m. CET in St. Andrews."),
        ("de", "Er kommt am 15. Mai um 8 Uhr."),
        ("de", "Das war z. B. im 19. Jahrhundert so."),
        ("pt", "O Sr. Silva mora na Av. Brasil, n.º 5, em S. Paulo."),
        ("pt", "Os fiéis de St. Andrews ouviram o Dr. Costa."),
        ("es", "El Sr. García vive en EE. UU. y trabaja."),
        ("fr", "M. Dupont et Mme. Durand sont ici."),
        ("it", "Il sig. Rossi abita in v. Roma."),
        ("da", "Det var den 3. maj i år."),
    ],
)
def test_an_abbreviation_an_initial_or_an_ordinal_ends_no_cue(language: str, text: str) -> None:
    assert texts(text, language) == [text]


@pytest.mark.parametrize(
    ("language", "text", "cues"),
    [
        ("en", "He left at 5 p.m. Then he slept.", ["He left at 5 p.m.", "Then he slept."]),
        ("en", "He lives in the U.S. He likes it.", ["He lives in the U.S.", "He likes it."]),
        ("de", "Es war der 15. Dann kam er.", ["Es war der 15.", "Dann kam er."]),
        ("pt", "Moro no n.º 5. Hoje volto.", ["Moro no n.º 5.", "Hoje volto."]),
        ("xx", "One. Two.", ["One.", "Two."]),
        ("und", "One. Two.", ["One.", "Two."]),
    ],
)
def test_a_sentence_that_ends_in_an_abbreviation_or_a_number_ends_there(
    language: str, text: str, cues: list[str]
) -> None:
    assert texts(text, language) == cues


def test_scripts_without_spaces_are_cut_at_their_stops() -> None:
    said = [word("你好", 0, 1), word("。", 1, 1), word("世界", 1, 2), word("。", 2, 2), word("好", 2, 3)]
    assert [cue.text for cue in to_cues(said, "zh")] == ["你好。", "世界。", "好"]


def test_a_pause_ends_a_cue() -> None:
    said = [word(" one", 0.0, 0.5), word(" two", 1.4, 1.8)]
    assert [cue.text for cue in to_cues(said, "en")] == ["one", "two"]


def test_a_long_sentence_is_cut_at_a_comma_near_its_middle() -> None:
    text = "we went down to the river in the early morning, and there we sat until the sun was high above us"
    assert texts(text, word_s=0.3) == text.replace("morning, and", "morning,|and").split("|")


def test_no_cue_is_longer_than_can_be_read_and_no_word_is_lost() -> None:
    text = " ".join(f"word{index}" for index in range(120))
    cues = to_cues(words(text, word_s=0.25), "en")
    assert " ".join(cue.text for cue in cues) == text
    assert all(len(cue.text) <= LONGEST_CHARACTERS for cue in cues)
    assert all(cue.end_s - cue.start_s <= LONGEST_S for cue in cues)


def test_a_word_without_a_space_before_it_is_never_torn_off() -> None:
    parts = [word(" don", 0.0, 5.0), word("'t", 8.0, 9.0)]
    assert [cue.text for cue in to_cues(parts, "en")] == ["don't"]


def test_a_cue_has_its_words_with_their_places_and_the_mean_of_their_confidences() -> None:
    first, second = to_cues([word(" Hello", 0.0, 0.3), word(" there.", 0.4, 0.6, 1.0), word(" Bye.", 0.6, 0.9)], "en")
    assert [(each.text, each.start_s, each.end_s) for each in first.words] == [
        (" Hello", 0.0, 0.3),
        (" there.", 0.4, 0.6),
    ]
    assert (first.start_s, first.end_s, first.confidence) == (0.0, 0.6, 0.75)
    assert second.text == "Bye."
