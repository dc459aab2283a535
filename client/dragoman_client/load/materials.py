"""What requests are made of: texts and recordings, from files or the few that are built in."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import msgspec

from dragoman_client.frames import header_of, pack
from dragoman_client.load.plan import Kind, Plan
from dragoman_wire.limits import WireLimits
from dragoman_wire.requests import (
    AudioProcessRequest,
    PingRequest,
    Request,
    ResultRequest,
    TranscriptionRequest,
    TranslationRequest,
)

TEXTS = (
    "Good morning.",
    "Where is the station?",
    "I am running ten minutes late, sorry.",
    "Can you bring the blue folder with you when you come?",
    "The meeting has moved to three o'clock. Please tell the others.",
    "Thank you for the photographs. My mother liked the one by the lake best of all.",
    "The train was full, so we took the bus along the coast instead. It took longer, but the view was worth it.",
    (
        "We looked at the flat on Saturday. It is small and the kitchen is old, but it has a balcony and the street "
        "is quiet. If the rent is what they said, I think we should take it before somebody else does."
    ),
)
"""From two words to a short paragraph, in English."""
_RECORDINGS = ("short.ogg", "long.ogg")


@dataclass(frozen=True, kw_only=True, slots=True)
class Materials:
    """Samples to take from at random."""

    texts: Sequence[str]
    recordings: Sequence[bytes]
    numbered: bool = True
    """Put a number in front of each text: then no two are equal, and no cache answers one with another's result."""


class MaterialsError(Exception):
    """A file gives nothing to send; the sentence names it."""


def load_materials(texts: Path | None, recordings: Sequence[Path], *, numbered: bool) -> Materials:
    """Read texts, one a line, and recordings from files; the built-in ones where none are given.

    Raises:
        MaterialsError: a file cannot be read, or is empty.
    """
    return Materials(
        texts=TEXTS if texts is None else _lines_of(texts),
        recordings=[_bytes_of(path) for path in recordings] or built_in_recordings(),
        numbered=numbered,
    )


def built_in_recordings() -> list[bytes]:
    """Return two recordings of synthetic English speech, 3 s and 14 s long, Opus in Ogg."""
    folder = resources.files("dragoman_client.load")
    return [folder.joinpath(name).read_bytes() for name in _RECORDINGS]


class RequestMaker:
    """Makes the frames of one request after the other.

    Args:
        plan: the kinds, the languages and the seed.
        materials: to take from.
        peers: the names that they come from in turn.
    """

    def __init__(self, plan: Plan, materials: Materials, peers: Sequence[str]) -> None:
        self._plan = plan
        self._materials = materials
        self._peers = peers
        self._rng = random.Random(plan.seed)  # noqa: S311 - to be repeatable, not secret
        self._kinds, self._weights = list(plan.weights), list(plan.weights.values())
        self._limits = WireLimits()
        self._number = 0

    def make(self) -> tuple[Kind, str, list[bytes]]:
        """Make the next request: its kind, its task id and its frames.

        Raises:
            TooLarge: a recording is over the default limits.
        """
        (kind,) = self._rng.choices(self._kinds, self._weights)
        number = self._number
        self._number += 1
        peer = self._peers[number % len(self._peers)]
        task_id = f"{peer}.{number}"
        request, binaries = self._request_of(kind, number)
        named = msgspec.structs.replace(request, task_id=task_id, reply_to=peer)
        return kind, task_id, pack(header_of(named), binaries, self._limits)

    def _request_of(self, kind: Kind, number: int) -> tuple[Request, dict[str, bytes]]:
        source, targets = self._plan.source, list(self._plan.targets)
        spoken = None if source == "auto" else source
        match kind:
            case Kind.PING:
                return PingRequest(timestamp=number), {}
            case Kind.TRANSLATION:
                text = self._text(number)
                return TranslationRequest(text=text, source_language=source, target_languages=targets), {}
            case Kind.TRANSCRIPTION:
                return TranscriptionRequest(language=spoken), self._recording()
            case Kind.VOICE:
                return AudioProcessRequest(user_language=spoken, target_languages=targets), self._recording()

    def _text(self, number: int) -> str:
        text = self._rng.choice(self._materials.texts)
        return f"{number}: {text}" if self._materials.numbered else text

    def _recording(self) -> dict[str, bytes]:
        return {"audio": self._rng.choice(self._materials.recordings)}


def result_request(task_id: str, peer: str) -> list[bytes]:
    """Build the frames that ask for the stored events of a task."""
    return pack(header_of(ResultRequest(task_id=task_id, reply_to=peer)), {}, WireLimits())


def _lines_of(path: Path) -> list[str]:
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise MaterialsError(f"{path} cannot be read: {reason}") from error
    texts = [line for line in lines if line]
    if not texts:
        raise MaterialsError(f"{path} has no line with text")
    return texts


def _bytes_of(path: Path) -> bytes:
    try:
        recording = path.read_bytes()
    except OSError as error:
        raise MaterialsError(f"{path} cannot be read: {error.strerror}") from error
    if not recording:
        raise MaterialsError(f"{path} is empty")
    return recording
