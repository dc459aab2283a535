from __future__ import annotations

from typing import Any

from dragoman_server.tasks.observer import NO_OBSERVER, Observer, Observers
from dragoman_wire.codec import Codec
from dragoman_wire.envelope import Envelope
from dragoman_wire.errors import DragomanError, Overloaded

ENVELOPE = Envelope(request_type="translation", codec=Codec.JSON)


class Listening(Observer):
    def __init__(self, heard: list[str], name: str) -> None:
        self.heard, self.name = heard, name

    def refused(self, envelope: Envelope, error: DragomanError) -> None:
        self.heard.append(f"{self.name} {error.code}")


class Failing(Observer):
    def refused(self, envelope: Envelope, error: DragomanError) -> None:
        raise RuntimeError("no")


def test_all_that_listen_are_told_in_order() -> None:
    heard: list[str] = []
    observers = Observers([Listening(heard, "first"), Listening(heard, "second")])
    observers.refused(ENVELOPE, Overloaded("full"))
    assert heard == ["first overloaded", "second overloaded"]


def test_one_that_fails_keeps_nothing_from_the_others_and_from_the_request() -> None:
    heard: list[str] = []
    Observers([Failing(), Listening(heard, "other")]).refused(ENVELOPE, Overloaded("full"))
    assert heard == ["other overloaded"]


def test_a_hook_that_is_not_overridden_costs_no_call() -> None:
    anything: Any = None
    observers = Observers([Listening([], "one")])
    assert observers.left.__func__ is Observer.left  # type: ignore[attr-defined]
    observers.left(anything, anything)
    NO_OBSERVER.refused(ENVELOPE, Overloaded("full"))
