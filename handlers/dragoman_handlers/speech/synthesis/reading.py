"""A text cut into the sentences and pieces in which it is said; it may come bit by bit."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Sequence

from dragoman_engines.base import VoiceInfo
from dragoman_engines.work import CHARACTERS_PER_S
from dragoman_handlers.concurrency import off_loop
from dragoman_handlers.speech.normalization.normalize import Normalized, told_warnings
from dragoman_handlers.speech.normalization.utterances import ENDED, Utterance, utterances
from dragoman_handlers.speech.synthesis.joining import Sentence
from dragoman_handlers.speech.synthesis.phrases import Lengths, cut_opening, cut_sentence
from dragoman_wire.errors import InvalidRequest

UNIT_S = 3.0
"""A sentence that takes longer of one core, by the pace of its voice, is said clause by clause ..."""
MOST_UNIT_S = 6.0
"""... and a clause that takes longer than this is cut between words ..."""
UNIT_CHARS = 400
"""... as is one that is longer than this."""
FIRST_UNIT_S = 0.75
"""What the first piece takes where a listener waits for it; a word or two take longer than their letters say."""
_CHARS_A_TURN = 1000
Text = tuple[str, bool]
"""A text, and whether another one follows it for certain."""
ToSay = tuple[Sentence, bool]
"""A sentence, and whether another one follows it for certain."""


class TextReader:
    """Cuts a text into sentences as it comes.

    Args:
        language: two letters.
        lengths: of the pieces.
    """

    def __init__(self, language: str, lengths: Lengths) -> None:
        self._language = language
        self._lengths = lengths
        self._rest = ""
        """The text of which no sentence was made yet."""
        self._began = False
        self._normalized: list[Normalized] = []

    @property
    def warnings(self) -> list[str]:
        """Return what of the text so far is not said: a sentence each."""
        return told_warnings(self._normalized)

    async def sentences(self, texts: AsyncIterator[Text]) -> AsyncIterator[ToSay]:
        """Yield the sentences of texts that follow one another; each ends a sentence, if it ends with a stop.

        Raises:
            InvalidRequest: nothing of them can be said.
        """
        async for text, more in texts:
            found = await self.add(text)
            for number, sentence in enumerate(found, start=1):
                yield sentence, more or number < len(found)
        found = await self.rest()
        for number, sentence in enumerate(found, start=1):
            yield sentence, number < len(found)

    async def add(self, text: str) -> list[Sentence]:
        """Return the sentences that are whole now; more text is to come."""
        self._rest = f"{self._rest} {text}" if self._rest else text
        found = await self._cut()
        if ENDED.search(self._rest) or not found:
            self._rest = ""
            return await self._sentences(found)
        *found, last = found
        self._rest = self._rest[max(0, self._rest.rfind(last.text)) :]
        return await self._sentences(found)

    async def rest(self, text: str = "") -> list[Sentence]:
        """Return the last sentences; after `text` no more comes.

        Raises:
            InvalidRequest: nothing of all that came can be said.
        """
        self._rest = f"{self._rest} {text}" if self._rest and text else self._rest or text
        found = await self._sentences(await self._cut())
        if not self._began:
            told = "".join(f"; {warning}" for warning in self.warnings)
            raise InvalidRequest(
                f"nothing of the text can be said aloud in {self._language!r}: it holds no letters and no digits{told}"
            )
        return found

    async def _cut(self) -> list[Utterance]:
        # A long text is cut off the loop, which it would hold.
        cut = functools.partial(_listed, self._rest, self._language)
        return cut() if len(self._rest) <= _CHARS_A_TURN else await off_loop(cut)

    async def _sentences(self, found: Sequence[Utterance]) -> list[Sentence]:
        sentences: list[Sentence] = []
        since = 0
        for utterance in found:
            self._normalized.append(utterance.said)
            cut = cut_sentence if self._began else cut_opening
            pieces = cut(utterance.said.text, self._lengths)
            if pieces:
                self._began = True
                sentences.append(Sentence(utterance.text, pieces))
            since += len(utterance.text)
            if since >= _CHARS_A_TURN:
                since = 0
                await asyncio.sleep(0)  # a long text must not block the loop
        return sentences


def piece_lengths(voice: VoiceInfo, speed: float, *, early: bool) -> Lengths:
    """Return the lengths of pieces for a voice; `early`: for a listener who waits for the first of them."""
    characters_a_s = voice.pace * speed * CHARACTERS_PER_S
    return Lengths(
        usual=max(1, min(UNIT_CHARS, round(UNIT_S * characters_a_s))),
        most=max(1, min(UNIT_CHARS, round(MOST_UNIT_S * characters_a_s))),
        first=max(1, round(FIRST_UNIT_S * characters_a_s)) if early else 0,
    )


def _listed(text: str, language: str) -> list[Utterance]:
    return list(utterances(text, language))
