"""Who speaks: the voice that is wished for, else that of the language."""

from __future__ import annotations

import pytest

from dragoman_engines.base import Capabilities, VoiceInfo
from dragoman_handlers.speech.synthesis.voices import MOST_NAMED, Wishes, choose_voice
from dragoman_wire.errors import InvalidRequest, UnsupportedLanguage


def voice(name: str, *languages: str, pace: float = 1.0) -> VoiceInfo:
    return VoiceInfo(name=name, engine="test", languages=list(languages), pace=pace)


ENGINE = Capabilities(
    model="test",
    revision="1",
    languages=["en", "pt"],
    voices=[voice("plain", "en", "pt", pace=100), voice("ana", "pt"), voice("bob", "en")],
    default_voices={"en": "plain", "pt": "plain"},
    best_voices={"en": "bob", "pt": "ana"},
)
ANY = Capabilities(model="echo", revision="1", voices=[voice("echo")])


@pytest.mark.parametrize(
    ("target", "wishes", "name"),
    [
        ("pt", Wishes(), "plain"),
        ("pt-BR", Wishes(), "plain"),
        ("pt", Wishes(best=True), "ana"),
        ("pt", Wishes(voice="ana"), "ana"),
        ("pt", Wishes(voice="plain", best=True), "plain"),
        ("pt", Wishes(voice="bob", voices={"pt": "ana"}), "ana"),
        ("pt-BR", Wishes(voices={"pt": "ana"}), "ana"),
        ("pt-BR", Wishes(voices={"pt": "ana", "pt-BR": "plain"}), "plain"),
        ("en", Wishes(voices={"pt": "ana"}), "plain"),
        ("pt", Wishes(voice="", voices={"pt": ""}), "plain"),
    ],
)
def test_the_nearest_wish_decides(target: str, wishes: Wishes, name: str) -> None:
    assert choose_voice(ENGINE, target, wishes).name == name


@pytest.mark.parametrize(
    ("wishes", "sentence"),
    [
        (Wishes(voice="eva"), "voice: there is no voice 'eva'; the voices for 'pt' are plain, ana"),
        (Wishes(voices={"pt": "eva"}), "voices.pt: there is no voice 'eva'; the voices for 'pt' are plain, ana"),
        (Wishes(voice="bob"), "voice: 'pt' is not spoken by 'bob'; the voices for 'pt' are plain, ana"),
    ],
)
def test_a_wish_that_cannot_be_met_is_told_with_the_voices_that_there_are(wishes: Wishes, sentence: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        choose_voice(ENGINE, "pt", wishes)
    assert refused.value.message == sentence


def test_a_language_that_no_voice_speaks_is_unsupported_whatever_is_wished_for() -> None:
    with pytest.raises(UnsupportedLanguage, match="no voice of test speaks 'de'"):
        choose_voice(ENGINE, "de", Wishes(voice="ana"))


def test_an_engine_for_any_language_speaks_with_its_voice() -> None:
    assert choose_voice(ANY, "tlh", Wishes(best=True)).name == "echo"


def test_a_sentence_lists_no_more_voices_than_one_can_read() -> None:
    many = Capabilities(model="m", revision="1", languages=["en"], voices=[voice(f"v{n}", "en") for n in range(100)])
    with pytest.raises(InvalidRequest, match=rf"v{MOST_NAMED - 1} and 80 more$"):
        choose_voice(many, "en", Wishes(voice="nobody"))
