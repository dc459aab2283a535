"""What a rule is, and what it is given."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.conformance.peer import Broken, Endpoints, Event, Peer
from tests.conformance.shapes import EVENTS, event_problems

Check = Callable[["Session"], None]


class NotApplicable(Exception):
    """The rule cannot be looked at on this server; the sentence says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """The server that is looked at, and what it can do."""

    endpoints: Endpoints
    audio: bytes
    """Speech, in any container."""
    source: str = "en"
    targets: tuple[str, ...] = ("fr", "es")
    """At least two."""
    text: str = "Where is the station? It is late."
    failing_text: str = ""
    """A text whose translation fails; where it is empty, the failing language is used instead."""
    failing_language: str = "qqq"
    patience_s: float = 30.0


@dataclass(kw_only=True)
class Session:
    """One pass over the rules, in one encoding."""

    subject: Subject
    codec: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    """By type of event: what was wrong with the fields of those that came."""
    _run: str = field(default_factory=lambda: uuid.uuid4().hex[:10])
    _count: int = 0

    def new_id(self) -> str:
        """An id that was never used."""
        self._count += 1
        return f"{self._run}-{self._count}"

    def everybody(self) -> Peer:
        """A peer of *events*."""
        return self._peer(None)

    def peer(self, name: str | None = None) -> Peer:
        """A peer of *routed events*."""
        return self._peer(name or f"conformance.{self.new_id()}")

    def translation(self, **fields: Any) -> dict[str, Any]:
        """A request to translate, with an id of its own."""
        subject = self.subject
        return {
            "type": "translation",
            "taskId": self.new_id(),
            "text": subject.text,
            "sourceLanguage": subject.source,
            "targetLanguages": [subject.targets[0]],
        } | fields

    def voice(self, **fields: Any) -> dict[str, Any]:
        """A voice message that the phone has transcribed, with an id of its own."""
        subject = self.subject
        return {
            "type": "audio_process",
            "taskId": self.new_id(),
            "messageId": self.new_id(),
            "attachmentId": self.new_id(),
            "mobileTranscription": {"text": subject.text, "language": subject.source},
            "targetLanguages": [subject.targets[0]],
        } | fields

    def speak(self, **fields: Any) -> dict[str, Any]:
        """A text to speak, with an id of its own."""
        subject = self.subject
        request = {"type": "speak", "taskId": self.new_id(), "text": subject.text, "language": subject.source}
        return request | fields

    def partly_failing(self) -> tuple[str, str, str]:
        """A text, a language that it goes well in, and one that it fails in."""
        subject = self.subject
        if subject.failing_text:
            return subject.failing_text, subject.source, subject.targets[0]
        return subject.text, subject.targets[0], subject.failing_language

    def _peer(self, name: str | None) -> Peer:
        return Peer(self.subject.endpoints, name, self.codec, self.subject.patience_s, self._look_at)

    def _look_at(self, event: Event) -> None:
        if event.type in EVENTS:
            self.fields.setdefault(event.type, []).extend(event_problems(event.fields))


@dataclass(frozen=True, slots=True)
class Rule:
    """One sentence about a server of this protocol, and how to find out whether it holds."""

    sentence: str
    check: Check


class RuleBook:
    """The rules of one part of the protocol, in order."""

    def __init__(self, part: str) -> None:
        self.part = part
        self.rules: list[Rule] = []

    def rule(self, sentence: str) -> Callable[[Check], Check]:
        """Add the decorated function as a rule."""

        def add(check: Check) -> Check:
            self.rules.append(Rule(f"{self.part}: {sentence}", check))
            return check

        return add


def demand(holds: object, said: str) -> None:
    """Go on only where something holds.

    Raises:
        Broken: it does not.
    """
    if not holds:
        raise Broken(said)


def demand_equal(what: str, seen: object, wanted: object) -> None:
    """Go on only where two things are the same.

    Raises:
        Broken: they are not.
    """
    demand(seen == wanted, f"{what}: {seen!r}, not {wanted!r}")


def types_of(events: Sequence[Event]) -> list[str]:
    """The types of events, in order."""
    return [event.type for event in events]


def only(events: Sequence[Event], kind: str) -> Event:
    """The one event of a type.

    Raises:
        Broken: there is none, or more than one.
    """
    found = of_type(events, kind)
    demand(len(found) == 1, f"{len(found)} events {kind} among {types_of(events)}")
    return found[0]


def of_type(events: Sequence[Event], kind: str) -> list[Event]:
    """The events of a type."""
    return [event for event in events if event.type == kind]
