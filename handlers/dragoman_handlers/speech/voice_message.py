"""What is said in a voice message, as far as it is heard, for all the languages that it is turned into."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import NamedTuple

from dragoman_handlers.speech.normalization.utterances import ENDED
from dragoman_handlers.text.sentences.abbreviations import cut_sentences, ends_in_abbreviation
from dragoman_wire.events import Transcription, TranscriptSegment

_MAY_FOLLOW = (" Eastern time", " and", " 12")
"""What a sentence may go on with behind an abbreviation: it is told by its last word, and by the next one's kind."""


class Said(NamedTuple):
    """Some sentences in one language; what follows them begins a sentence."""

    text: str
    language: str
    more: bool = False
    """Others follow for certain."""


class VoiceMessage:
    """The text of a voice message, which grows while it is heard. Any number may follow it."""

    def __init__(self) -> None:
        self.transcription: Transcription | None = None
        """Once all of it is heard."""
        self._segments: list[TranscriptSegment] = []
        self._changed = asyncio.Event()

    def heard(self, segments: Sequence[TranscriptSegment]) -> None:
        """Take the segments that follow those before."""
        if segments:
            self._segments += segments
            self._tell()

    def end(self, transcription: Transcription) -> None:
        """Take the whole; it begins with the segments that were heard."""
        if transcription.source == "whisper":
            self._segments = list(transcription.segments)
        self.transcription = transcription
        self._tell()

    async def language(self) -> str | None:
        """Wait until something is heard; return the language that it begins with, or None where nothing is said."""
        while not self._segments and self.transcription is None:
            await self._changed.wait()
        if self._segments:
            return self._segments[0].language
        return None if self.transcription is None else self.transcription.language

    async def whole(self) -> Transcription:
        """Wait for the whole."""
        while self.transcription is None:
            await self._changed.wait()
        return self.transcription

    async def sentences(self) -> AsyncIterator[Said]:
        """Yield the sentences as they are heard: the first one alone, then all that are there.

        A text that a phone has made is one, for it may be of any form.
        """
        taken = 0
        heard = Said("", "")
        first = True
        ended = False
        while not ended:
            ended, changed = self.transcription is not None, self._changed
            for segment in self._segments[taken:]:
                taken += 1
                language = segment.language or ""
                if heard.text and language != heard.language:
                    for said in _parts(heard._replace(more=True), first=first):
                        yield said
                    first, heard = False, Said("", "")
                heard = Said(f"{heard.text} {segment.text}".lstrip(), language)
            if not ended:
                whole, heard = _whole(heard)
                for said in _parts(whole._replace(more=True), first=first):
                    first = False
                    yield said
                await changed.wait()
        for said in _parts(heard, first=first):
            yield said
        if self.transcription is not None and self.transcription.source != "whisper":
            yield Said(self.transcription.text, self.transcription.language)

    def _tell(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


def _whole(heard: Said) -> tuple[Said, Said]:
    """Return the sentences that are whole, and the one that may go on."""
    nothing = Said("", heard.language)
    if not heard.text:
        return nothing, nothing
    # A segment that ends with a stop ends a sentence: it came when the next one had begun.
    if ENDED.search(heard.text) and not any(
        ends_in_abbreviation(heard.text, after, heard.language) for after in _MAY_FOLLOW
    ):
        return heard, nothing
    *whole, last = cut_sentences(heard.text, heard.language)
    return Said("".join(whole).rstrip(), heard.language), Said(last, heard.language)


def _parts(heard: Said, *, first: bool) -> Iterator[Said]:
    """Yield some sentences: what a listener hears first is not to wait for the others."""
    if first and heard.text:
        sentence = cut_sentences(heard.text, heard.language)[0]
        rest = heard.text[len(sentence) :].lstrip()
        yield heard._replace(text=sentence.rstrip(), more=heard.more or bool(rest))
        heard = heard._replace(text=rest)
    if heard.text:
        yield heard
