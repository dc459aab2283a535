"""How a Whisper model is asked: which language, how long, and how often. The model is a stand-in that counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

np = pytest.importorskip("numpy", reason="the [models] extra is not installed")
pytest.importorskip("faster_whisper", reason="the [models] extra is not installed")

from dragoman_engines.transcription import beam_search as listening  # noqa: E402 -- it needs the libraries
from dragoman_engines.transcription.beam_search import Listener, Sound, choose_language  # noqa: E402

RATE_HZ = 16_000
LOOP = "and then " * 40


def sound(
    seconds: float = 1.0, language: str | None = None, hint: str | None = None, vocabulary: tuple[str, ...] = ()
) -> Sound:
    samples = np.zeros(round(seconds * RATE_HZ), np.float32)
    return Sound(samples=samples, language=language, hint=hint, vocabulary=vocabulary)


class Words:
    """A tokenizer whose tokens are places in a list of texts."""

    no_timestamps = 3
    sot_prev, eot = 90, 50

    def __init__(self, _tokenizer: object, _multilingual: bool, *, task: str, language: str) -> None:
        self.language = language

    @property
    def sot_sequence(self) -> list[Any]:
        return [1, self.language, 2]

    def encode(self, text: str) -> list[int]:
        return [100] if "<|" in text else [10 + len(part) for part in text.split()]

    def decode(self, tokens: list[int]) -> str:
        return TEXTS[tokens[0]]


TEXTS = ["Hello.", LOOP, "Something else.", LOOP + "again"]


@dataclass
class Model:
    """Answers each search with the next text, and notes how it was asked."""

    answers: list[list[tuple[int, float]]]
    guesses: list[list[tuple[str, float]]] = field(default_factory=list)
    searches: list[dict[str, Any]] = field(default_factory=list)
    encodings: int = 0
    max_length: int = 448

    @property
    def model(self) -> Any:
        return SimpleNamespace(
            is_multilingual=bool(self.guesses),
            detect_language=lambda encoded: self.guesses[: len(encoded)],
            generate=self._generate,
        )

    hf_tokenizer = None

    def feature_extractor(self, samples: Any) -> Any:
        return np.zeros((80, samples.size // 160 + 1), np.float32)

    def encode(self, features: Any) -> Any:
        self.encodings += 1
        return features

    def find_alignment(self, tokenizer: Words, tokens: Any, encoded: Any, frames: list[int]) -> list[list[Any]]:
        words = ([f" {word}" for word in tokenizer.decode(each).split()] for each in tokens)
        return [[{"word": word, "tokens": [0], "start": 0, "end": 0.1, "probability": 1} for word in w] for w in words]

    def _generate(self, encoded: Any, prompts: Any, **options: Any) -> list[Any]:
        self.searches.append(options | {"prompts": prompts})
        return [
            SimpleNamespace(sequences_ids=[[text]], scores=[score], no_speech_prob=0.1)
            for text, score in self.answers[len(self.searches) - 1]
        ]


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(listening, "Tokenizer", Words)
    monkeypatch.setattr(listening, "get_suppressed_tokens", lambda tokenizer, tokens: ())
    return Listener


def test_a_window_that_pleases_is_searched_once(listener: type[Listener]) -> None:
    model = Model([[(0, -0.1)]])
    (heard,) = listener(model).hear([sound()])
    assert (heard.text, heard.language, heard.language_probability) == ("Hello.", "en", 1.0)
    assert (len(model.searches), model.encodings) == (1, 1)


@pytest.mark.parametrize(
    ("second", "kept"),
    [((2, -0.5), "Something else."), ((2, -2.5), LOOP.strip()), ((3, -0.1), LOOP.strip())],
    ids=["better", "a guess", "a loop as well"],
)
def test_a_loop_is_searched_once_more_and_never_again(
    listener: type[Listener], second: tuple[int, float], kept: str
) -> None:
    model = Model([[(0, -0.1), (1, -0.2)], [second]])
    first, looped = listener(model).hear([sound(), sound()])
    assert (first.text, looped.text) == ("Hello.", kept)
    assert len(model.searches) == 2
    assert len(model.searches[1]["prompts"]) == 1, "only the window that looped is searched again"
    assert model.searches[1]["repetition_penalty"] > 1


@pytest.mark.parametrize(("seconds", "most"), [(1.0, 4 + 32 + 20), (10.0, 4 + 32 + 200), (30.0, 448)])
def test_a_search_is_no_longer_than_the_window_can_hold(listener: type[Listener], seconds: float, most: int) -> None:
    model = Model([[(0, -0.1)]])
    listener(model).hear([sound(seconds)])
    assert model.searches[0]["max_length"] == most


def test_windows_of_unknown_language_each_get_their_own(listener: type[Listener]) -> None:
    guesses = [
        [("<|pt|>", 0.9), ("<|en|>", 0.1)],
        [("<|en|>", 0.8), ("<|pt|>", 0.2)],
        [("<|en|>", 0.7), ("<|pt|>", 0.3)],
    ]
    model = Model([[(0, -0.1)] * 3], guesses)
    heard = listener(model).hear([sound(), sound(), sound(language="pt")])
    assert [(each.language, each.language_probability) for each in heard] == [("pt", 0.9), ("en", 0.8), ("pt", 0.3)]
    assert [prompt[1] for prompt in model.searches[0]["prompts"]] == ["pt", "en", "pt"]


@pytest.mark.parametrize(
    ("probabilities", "stated", "hint", "language"),
    [
        ({"pt": 0.97, "es": 0.02}, None, None, "pt"),
        ({"pt": 0.97, "es": 0.02}, None, "es", "pt"),
        ({"pt": 0.97, "es": 0.02}, "es", None, "es"),
        ({"it": 0.5, "es": 0.2}, None, "es", "es"),
        ({"it": 0.5, "es": 0.2}, None, "xx", "it"),
        ({"it": 0.5, "es": 0.2}, "xx", "es", "xx"),
    ],
)
def test_a_hint_counts_only_where_the_model_is_unsure(
    probabilities: dict[str, float], stated: str | None, hint: str | None, language: str
) -> None:
    assert choose_language(probabilities, sound(language=stated, hint=hint)) == language


def test_a_vocabulary_stands_before_a_window_as_text_that_was_said(listener: type[Listener]) -> None:
    model = Model([[(0, -0.1)]])
    listener(model).hear([sound(vocabulary=("Dragoman", "Alva"))])
    [prompt] = model.searches[0]["prompts"]
    # The beginning, the terms with commas, a full stop; then what every window begins with.
    assert prompt == [90, 18, 11, 14, 11, 1, "en", 2, 3]
    assert model.searches[0]["max_length"] == len(prompt) + 32 + 20


def test_a_term_that_is_a_sign_of_the_models_own_is_left_out(listener: type[Listener]) -> None:
    model = Model([[(0, -0.1)]])
    listener(model).hear([sound(vocabulary=("<|startoftranscript|>", "Alva"))])
    assert 100 not in model.searches[0]["prompts"][0]


def test_a_vocabulary_leaves_the_model_room_for_what_it_hears(listener: type[Listener]) -> None:
    model = Model([[(0, -0.1)]])
    listener(model).hear([sound(30.0, vocabulary=tuple(f"name{number}" for number in range(500)))])
    assert len(model.searches[0]["prompts"][0]) <= 206
    assert model.searches[0]["max_length"] == 448
