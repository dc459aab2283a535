"""What a fake server answers where a test does not say: what was asked, in the shape of an answer."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from dragoman_client.testing.answers import (
    Answers,
    Fields,
    accepted,
    cancel_result,
    finished,
    refused,
    spoken,
    story_translated,
    transcribed,
    translated,
    voiced,
)
from dragoman_wire.errors import InvalidRequest, UnknownType
from dragoman_wire.events import (
    DetectResult,
    LanguageCandidate,
    LanguagePair,
    LanguagesResult,
    ResultUnknown,
    SpeakingVoice,
    VoicesResult,
)
from dragoman_wire.families import FAMILIES

_REMEMBERED = 10_000
"""Tasks whose events come again when they are asked for."""


class EchoScript:
    """Answers requests at once, and a repeat with what was answered first, as a server does.

    `translate("Hi", to="pt")` gives "pt(Hi)"; a recording is heard as "hello world"; speech is a few bytes.
    """

    def __init__(self) -> None:
        self._tasks: OrderedDict[tuple[object, str], Answers] = OrderedDict()

    def __call__(self, _server: object, request: Fields, binaries: Sequence[bytes]) -> Answers:
        """Return the events that answer a request."""
        kind = FAMILIES.canonical_type(request)
        if kind in FAMILIES.control_types:
            return self._control(kind, request)
        key = (request.get("replyTo"), request["taskId"])
        known = self._tasks.get(key)
        if known is not None:
            return [accepted(request, duplicate=True), *known[1:]]
        answers = _task(kind, request, binaries)
        self._tasks[key] = answers
        if len(self._tasks) > _REMEMBERED:
            self._tasks.popitem(last=False)
        return answers

    def _control(self, kind: str, request: Fields) -> Answers:
        task_id = request["taskId"]
        known = self._tasks.get((request.get("replyTo"), task_id))
        match kind:
            case "cancel":
                return [cancel_result(request, "unknown" if known is None else "finished")]
            case "result":
                return [ResultUnknown(task_id=task_id)] if known is None else known[1:]
            case "detect":
                candidates = [LanguageCandidate(language="en", confidence=1.0)]
                return [DetectResult(candidates=candidates, reliable=True, task_id=task_id)]
            case "voices":
                voice = SpeakingVoice(name="fake", engine="fake", languages=[])
                return [VoicesResult(voices=[voice], default_voices={}, best_voices={}, task_id=task_id)]
            case "languages":
                pair = LanguagePair(source="*", target="*", via=[], engine="fake", quality="gist")
                return [LanguagesResult(pairs=[pair], transcription=["*"], speech=["*"], task_id=task_id)]
        return [{"type": "stats_result", "taskId": task_id, "version": "1", "lanes": {}}]


def _task(kind: str, request: Fields, binaries: Sequence[bytes]) -> Answers:
    languages: list[Any] = request.get("targetLanguages") or []
    answers: Answers
    match kind:
        case "translation":
            done = [translated(request, language) for language in languages]
            answers = [accepted(request), *done, finished(request, len(done))]
        case "story_text_object_translation":
            answers = [accepted(request), story_translated(request), finished(request)]
        case "transcription_only" | "audio_process" if not binaries:
            answers = refused(request, InvalidRequest("audio: a binary frame is missing"))
        case "transcription_only":
            answers = [accepted(request), transcribed(request), finished(request)]
        case "audio_process":
            answers = voiced(request)
        case "speak":
            answers = spoken(request)
        case _:
            error = UnknownType(f"the fake server has no answer to {kind!r}; give it a script")
            answers = refused(request, error)
    return answers
