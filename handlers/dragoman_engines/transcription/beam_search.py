"""Windows of sound to words: Whisper in a bounded number of bounded steps.

One encoding serves for everything: which language it is, what is said, and when each word is said. A window costs one
encoding, one search of at most as many tokens as its length can hold, and the alignment of words; a window in which
the model repeats itself is searched once more with repeats made unlikely. Nothing goes on until the result pleases,
and nothing is drawn at random: the same window gives the same words.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.audio import pad_or_trim
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import get_compression_ratio, get_suppressed_tokens, merge_punctuations
from numpy.typing import NDArray

from dragoman_engines.transcription.timed_words import TimedWord, join_parts, tighten
from dragoman_engines.work import SPOOL_RATE_HZ

BEAM = 5
LOOP_COMPRESSION = 2.4
"""Text that compresses better repeats itself."""
LOW_LOG_PROBABILITY = -1.0
"""Less certain text is a guess. Both bounds are those of Whisper's authors."""
HINT_ODDS = 10.0
"""A hint counts as if the model had found its language so many times as probable."""
_TOKENS, _TOKENS_PER_SECOND = 32, 20
"""The most that a window can hold: speech is never faster, also in scripts of several tokens a letter."""
_VOCABULARY_TOKENS = 200
"""Of the 448 that a model has for all: the rest is for what it hears."""
_REPETITION_PENALTY = 1.2
"""In the second search, what was written before is less likely by this factor."""
_FRAMES_PER_SECOND = 100
_BEFORE_WORDS, _AFTER_WORDS = "\"'“¿([{-", "\"'.。,，!！?？:：”)]}、"  # noqa: RUF001 -- full-width marks are meant


@dataclass(frozen=True, kw_only=True)
class Sound:
    """A window that the model is to hear."""

    samples: NDArray[np.float32]
    """Mono, 16 kHz, at most 30 s."""
    language: str | None = None
    """Its language, if that is known."""
    hint: str | None = None
    """Its probable language."""
    vocabulary: tuple[str, ...] = ()
    """Names and terms that are probably said in it; the same for all sounds of a call."""

    @property
    def seconds(self) -> float:
        """Return its length in seconds."""
        return self.samples.size / SPOOL_RATE_HZ


@dataclass(frozen=True, kw_only=True)
class Heard:
    """The result of the model for a window."""

    text: str
    language: str
    language_probability: float
    """The model's probability of this language; 1 where it knows one only."""
    no_speech: float
    """The model's probability that there is no speech at all, 0 to 1."""
    log_probability: float
    """Mean over the tokens; 0 is certain."""
    tokens: Sequence[int] = ()
    words: list[TimedWord] = field(default_factory=list)
    """With seconds from the window's beginning."""

    @property
    def loops(self) -> bool:
        """Return whether the model repeated itself."""
        return bool(self.text) and get_compression_ratio(self.text) > LOOP_COMPRESSION


class Listener:
    """A loaded Whisper model and how it is asked."""

    def __init__(self, model: WhisperModel) -> None:
        self._model = model
        self._multilingual = bool(model.model.is_multilingual)
        self._tokenizers: dict[str, Tokenizer] = {}
        # They are the same in all languages.
        self._suppressed = list(get_suppressed_tokens(self._tokenizer("en"), [-1]))

    def hear(self, sounds: Sequence[Sound]) -> list[Heard]:
        """Transcribe window by window.

        Raises:
            RuntimeError: the model failed; CTranslate2 says how.
        """
        features = np.stack([pad_or_trim(self._model.feature_extractor(each.samples)[..., :-1]) for each in sounds])
        encoded = self._model.encode(features)
        languages = self._languages(encoded, sounds)
        heard = self._search(encoded, sounds, languages)
        again = [index for index, each in enumerate(heard) if each.loops]
        if again:
            second = self._search(
                self._model.encode(features[again]),
                [sounds[index] for index in again],
                [languages[index] for index in again],
                repetition_penalty=_REPETITION_PENALTY,
            )
            for index, other in zip(again, second, strict=True):
                heard[index] = _better(heard[index], other)
        return self._time_words(features, encoded, sounds, heard)

    def _languages(self, encoded: Any, sounds: Sequence[Sound]) -> list[tuple[str, float]]:
        """Detect the language of each window, and how probable the model finds it."""
        if not self._multilingual:
            return [("en", 1.0)] * len(sounds)
        # A guess is a token, <|en|>, and its probability; there is one for every language.
        guesses = [
            {token.strip("<|>"): float(probability) for token, probability in each}
            for each in self._model.model.detect_language(encoded)
        ]
        chosen = [choose_language(each, sound) for each, sound in zip(guesses, sounds, strict=True)]
        return [(language, each.get(language, 0.0)) for language, each in zip(chosen, guesses, strict=True)]

    def _search(
        self, encoded: Any, sounds: Sequence[Sound], languages: Sequence[tuple[str, float]], **options: Any
    ) -> list[Heard]:
        """Find the likeliest text of each window by a beam search of a bounded length."""
        prompts = [
            self._prompt(language, sound.vocabulary) for (language, _), sound in zip(languages, sounds, strict=True)
        ]
        room = _TOKENS + _TOKENS_PER_SECOND * max(sound.seconds for sound in sounds)
        found = self._model.model.generate(
            encoded,
            prompts,
            beam_size=BEAM,
            max_length=min(self._model.max_length, len(prompts[0]) + round(room)),
            suppress_tokens=self._suppressed,
            sampling_temperature=0,
            return_scores=True,
            return_no_speech_prob=True,
            **options,
        )
        return [
            self._heard(result, language, probability)
            for result, (language, probability) in zip(found, languages, strict=True)
        ]

    def _heard(self, result: Any, language: str, probability: float) -> Heard:
        tokens = list(result.sequences_ids[0])
        return Heard(
            text=self._tokenizer(language).decode(tokens).strip(),
            language=language,
            language_probability=probability,
            no_speech=float(result.no_speech_prob),
            # The score is a mean already, but over the tokens without the one that ends them.
            log_probability=float(result.scores[0]) * len(tokens) / (len(tokens) + 1),
            tokens=tokens,
        )

    def _time_words(
        self, features: NDArray[np.float32], encoded: Any, sounds: Sequence[Sound], heard: Sequence[Heard]
    ) -> list[Heard]:
        """Add the words. Windows in one language are aligned together, as a rule all."""
        timed = list(heard)
        groups: defaultdict[str, list[int]] = defaultdict(list)
        for index, each in enumerate(heard):
            groups[each.language].append(index)
        for language, group in groups.items():
            found = self._model.find_alignment(
                self._tokenizer(language),
                [list(heard[index].tokens) for index in group],
                encoded if len(groups) == 1 else self._model.encode(features[group]),
                [math.ceil(sounds[index].seconds) * _FRAMES_PER_SECOND for index in group],
            )
            for index, alignment in zip(group, found, strict=True):
                timed[index] = replace(heard[index], words=_words(alignment))
        return timed

    def _prompt(self, language: str, vocabulary: Sequence[str]) -> list[int]:
        tokenizer = self._tokenizer(language)
        start = [*tokenizer.sot_sequence, tokenizer.no_timestamps]
        if not vocabulary:
            return start
        listed = _listed(vocabulary, tokenizer.encode)
        # A peer's term must not be one of the model's own signs, such as <|startoftranscript|>.
        return [tokenizer.sot_prev, *[token for token in listed if token < tokenizer.eot], *start]

    def _tokenizer(self, language: str) -> Tokenizer:
        if language not in self._tokenizers:
            self._tokenizers[language] = Tokenizer(
                self._model.hf_tokenizer, self._multilingual, task="transcribe", language=language
            )
        return self._tokenizers[language]


def choose_language(probabilities: Mapping[str, float], sound: Sound) -> str:
    """Return the stated language; else the likeliest, where a hint counts `HINT_ODDS` times.

    So a wrong hint loses against clear speech, and a right one wins where a word or two could be anything.
    """
    if sound.language is not None:
        return sound.language
    odds = {**probabilities}
    if sound.hint in odds:
        odds[sound.hint] *= HINT_ODDS
    return max(odds, key=odds.__getitem__)


def _listed(vocabulary: Sequence[str], encode: Callable[[str], list[int]]) -> list[int]:
    """Return the tokens of a list of terms, as text that stood before: as many terms as there is room for."""
    tokens: list[int] = []
    for number, term in enumerate(vocabulary):
        more = encode(f" {term}" if number == 0 else f", {term}")
        if len(tokens) + len(more) >= _VOCABULARY_TOKENS:
            break
        tokens += more
    return [*tokens, *encode(".")]


def _better(first: Heard, second: Heard) -> Heard:
    """Choose the second search, unless it loops as well or is a guess."""
    return first if second.loops or second.log_probability < LOW_LOG_PROBABILITY else second


def _words(alignment: list[dict[str, Any]]) -> list[TimedWord]:
    merge_punctuations(alignment, _BEFORE_WORDS, _AFTER_WORDS)
    words = [
        TimedWord(each["word"], float(each["start"]), float(each["end"]), float(each["probability"]))
        for each in alignment
        if each["word"]
    ]
    return tighten(join_parts(words))
