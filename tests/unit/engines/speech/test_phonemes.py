"""Phonemes on their way from espeak-ng to a voice's model."""

# ruff: noqa: RUF001 -- letters of phonetics are meant

from __future__ import annotations

import pytest

from dragoman_engines.speech.kokoro_phonemes import kokoro_letters
from dragoman_engines.speech.marks import keep_marks


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Hello, world.", "<Hello>, <world>."),
        ("Olá! Tudo bem?", "<Olá>! <Tudo bem>?"),
        ("At 10:30, 12,50 or 1.5", "<At 10:30>, <12,50 or 1.5>"),
        ("at example.org, J. Smith", "<at example.org>, <J. Smith>"),
        ("so — yes (or no) …", "<so> — <yes> (<or no>)…"),
        ("“Quoted” «words»", "<Quoted words>"),
        ("wi-fi – on", "<wi-fi> — <on>"),
        ("你好。世界、", "<你好>. <世界>,"),
        ("...", "..."),
        ("", ""),
    ],
)
def test_punctuation_stays_where_it_was_and_phrases_are_asked_for_whole(text: str, kept: str) -> None:
    assert keep_marks(text, lambda phrase: f"<{phrase}>") == kept


@pytest.mark.parametrize(
    ("code", "ipa", "letters"),
    [
        ("en-us", "ma^ɪ fɹˈɛnd", "mI fɹˈɛnd"),
        ("en-us", "ɡˌo^ʊ pˈe^ɪd bˈɔ^ɪ nˈa^ʊ", "ɡˌO pˈAd bˈY nˈW"),
        ("en-us", "d^ʒˈʌd^ʒ t^ʃˈɜːt^ʃ", "ʤˈʌʤ ʧˈɜɹʧ"),
        ("en-us", "lˈɪɾə^l bˈʌʔn̩ sˈiːzən", "lˈɪTᵊl bˈʌtᵊn sˈizən"),
        ("en-us", "ðə wˈɔːɾɚ", "ðə wˈɔTəɹ"),
        ("en-gb", "ɡˌə^ʊ ðe^ə hˈi^ə", "ɡˌQ ðɛː hˈɪə"),
        ("pt-br", "sˈe^ɪ t^ʃˈiɐ nˈɐ̃^ʊ̃", "sˈA ʧˈiɐ nˈɐ̃ʊ̃"),
        ("it", "pˈit^sːa", "pˈiʦːa"),
        ("es", "", ""),
    ],
)
def test_diphthongs_and_affricates_are_one_letter(code: str, ipa: str, letters: str) -> None:
    assert kokoro_letters(ipa, code) == letters
