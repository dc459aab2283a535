"""The progress of a voice message: the seconds of it that are heard, and those that are spoken in each language."""

from __future__ import annotations

import math

from dragoman_engines.work import CHARACTERS_PER_S
from dragoman_handlers.progress import Progress, Reporting
from dragoman_wire.events import Transcription

Tags = tuple[str, ...]


class VoiceProgress:
    """Adds up the hearing and the languages: each counts as many seconds as the recording has.

    Args:
        context: sends the events.
        languages: how many there are.
        wanted: whether the peer has asked for them.
    """

    def __init__(self, context: Reporting, languages: int, *, wanted: bool) -> None:
        self._context = context
        self._languages = languages
        self._wanted = wanted
        self._duration_s = 0
        self._progress: Progress | None = None
        self._heard_s = 0.0
        self._heard_characters = 0
        self._spoken_characters: dict[Tags, int] = {}
        self._settled: set[Tags] = set()

    def begin(self, duration_s: float) -> None:
        """Begin with a recording of so many seconds."""
        self._duration_s = math.ceil(duration_s)
        total = self._duration_s * (1 + self._languages)
        self._progress = Progress(self._context, total, "seconds", wanted=self._wanted)

    def heard(self, until_s: float, characters: int = 0) -> None:
        """Note that it is heard up to a second, and how many characters were said since."""
        self._heard_s = max(self._heard_s, until_s)
        self._heard_characters += characters
        self._tell()

    def heard_all(self, transcription: Transcription) -> None:
        """Note that all of it is heard; that may have been before."""
        said_s = len(transcription.text) / CHARACTERS_PER_S
        if self._progress is None:
            self.begin(transcription.duration_ms / 1000 or said_s)
        self._heard_characters = len(transcription.text)
        self.heard(self._duration_s)

    def spoke(self, tags: Tags, characters: int) -> None:
        """Note that so many characters more are spoken in a language."""
        self._spoken_characters[tags] = self._spoken_characters.get(tags, 0) + characters
        self._tell()

    def settled(self, tags: Tags) -> None:
        """Note that a language is done, has failed, or is left out."""
        self._settled.add(tags)
        self._tell()

    def _tell(self) -> None:
        if self._progress is None:
            return
        spoken_s = sum(
            self._spoken_s(characters)
            for tags, characters in self._spoken_characters.items()
            if tags not in self._settled
        )
        self._progress.reach(math.floor(self._heard_s + spoken_s + len(self._settled) * self._duration_s))

    def _spoken_s(self, characters: int) -> float:
        """Return the seconds of the recording that so much speech stands for: about as many as what was said there."""
        return self._heard_s * min(1.0, characters / max(1, self._heard_characters))
