"""What counts as what: every request ends in exactly one place, and its times begin where they should."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman_client.frames import ReceivedEvent
from dragoman_client.load.plan import Kind
from dragoman_client.load.tally import Figures, Sent, Tally

DUE_S, SENT_S = 100.0, 101.0
TIMEOUT_S = 10.0


@pytest.fixture
def tally() -> Tally:
    """With one translation in flight that was sent a second late."""
    tally = Tally(TIMEOUT_S)
    tally.send(a_request("p.0"))
    return tally


def a_request(task_id: str, kind: Kind = Kind.TRANSLATION) -> Sent:
    return Sent(kind=kind, task_id=task_id, frames=[b"x"], counted_s=DUE_S, sent_s=SENT_S, asked_s=SENT_S)


def event(kind: str, task_id: str = "p.0", **fields: Any) -> ReceivedEvent:
    return ReceivedEvent(type=kind, fields={"type": kind, "taskId": task_id, **fields})


def figures(tally: Tally) -> Figures:
    return tally.of(Kind.TRANSLATION)


def work(tally: Tally, at_s: float) -> None:
    tally.see(event("accepted"), at_s)
    tally.see(event("translation_completed", targetLanguage="pt"), at_s + 1)
    tally.see(event("task_finished", status="completed", events=1), at_s + 2)


def test_times_count_from_when_a_request_was_due_not_from_when_it_was_sent(tally: Tally) -> None:
    work(tally, SENT_S + 1)
    seen = figures(tally)
    assert (seen.to_accepted.max_ms, seen.to_first.max_ms, seen.to_finished.max_ms) == (2000, 3000, 4000)
    assert tally.late.max_ms == 1000
    assert (seen.finished, tally.open) == ({"completed": 1}, {})


def test_a_refusal_is_counted_by_its_code_and_has_no_times(tally: Tally) -> None:
    refusal = event("translation_error", errorCode="overloaded", error="full", retryAfterMs=50)
    request, last = tally.see(refusal, SENT_S) or (None, None)
    assert request is not None
    assert last is refusal
    assert figures(tally).refused == {"overloaded": 1}
    assert (figures(tally).to_finished.count, tally.open) == (0, {})


def test_a_task_that_failed_is_counted_by_its_first_error_and_its_time_is_not(tally: Tally) -> None:
    tally.see(event("accepted"), SENT_S)
    tally.see(event("translation_error", errorCode="engine_failed", error="no"), SENT_S)
    tally.see(event("translation_error", errorCode="internal", error="no"), SENT_S)
    tally.see(event("task_finished", status="failed", events=2), SENT_S)
    assert (figures(tally).failed, figures(tally).finished) == ({"engine_failed": 1}, {"failed": 1})
    assert (figures(tally).to_first.count, figures(tally).to_finished.count) == (0, 0)


def test_a_voice_message_with_a_failed_language_is_counted_by_its_code() -> None:
    tally = Tally(TIMEOUT_S)
    tally.send(a_request("p.0", Kind.VOICE))
    tally.see(event("accepted"), SENT_S)
    tally.see(event("audio_process_completed", failedLanguages=[{"errorCode": "unsupported_language"}]), SENT_S)
    tally.see(event("task_finished", status="partial", events=1), SENT_S)
    assert tally.of(Kind.VOICE).failed == {"unsupported_language": 1}
    assert tally.of(Kind.VOICE).to_finished.count == 1


def test_a_skipped_text_is_a_failure_that_says_so(tally: Tally) -> None:
    tally.see(event("accepted"), SENT_S)
    tally.see(event("translation_skipped", reason="message_too_long"), SENT_S)
    tally.see(event("task_finished", status="failed", events=1), SENT_S)
    assert figures(tally).failed == {"translation_skipped": 1}


def test_a_pong_is_the_end_of_a_ping() -> None:
    tally = Tally(TIMEOUT_S)
    tally.send(a_request("p.0", Kind.PING))
    tally.see(event("pong"), SENT_S)
    assert tally.of(Kind.PING).to_finished.max_ms == 1000
    assert tally.open == {}


def test_what_was_accepted_and_is_not_finished_in_time_is_lost(tally: Tally) -> None:
    tally.see(event("accepted"), SENT_S)
    assert tally.give_up(SENT_S + TIMEOUT_S - 0.1) == []
    assert [request.task_id for request in tally.give_up(SENT_S + TIMEOUT_S)] == ["p.0"]
    assert (figures(tally).lost, figures(tally).unanswered, tally.open) == (1, 0, {})


def test_what_was_never_accepted_is_unanswered_and_not_lost(tally: Tally) -> None:
    tally.give_up(SENT_S + TIMEOUT_S)
    assert (figures(tally).lost, figures(tally).unanswered, tally.open) == (0, 1, {})


def test_an_accepted_request_that_the_server_knows_nothing_of_is_lost(tally: Tally) -> None:
    tally.see(event("accepted"), SENT_S)
    assert tally.see(event("result_unknown"), SENT_S) is not None
    assert (figures(tally).lost, tally.open) == (1, {})


def test_a_finish_that_counts_more_events_than_came_is_asked_for_again_and_then_complete(tally: Tally) -> None:
    tally.see(event("accepted"), SENT_S)
    assert tally.see(event("task_finished", status="completed", events=1), SENT_S) is None
    assert [request.task_id for request in tally.to_ask(SENT_S, 5.0)] == ["p.0"]
    tally.see(event("translation_completed", targetLanguage="pt"), SENT_S + 4)
    assert tally.see(event("task_finished", status="completed", events=1), SENT_S + 4) is not None
    seen = figures(tally)
    assert (seen.finished, seen.incomplete, seen.to_finished.count) == ({"completed": 1}, 0, 1)
    assert seen.to_finished.max_ms == 1000


@pytest.mark.parametrize("again", [True, False])
def test_events_that_never_come_make_a_request_incomplete_and_not_lost(tally: Tally, *, again: bool) -> None:
    finish = event("task_finished", status="completed", events=1)
    tally.see(event("accepted"), SENT_S)
    tally.see(finish, SENT_S)
    if again:
        tally.see(finish, SENT_S)
    tally.give_up(SENT_S + TIMEOUT_S)
    assert (figures(tally).incomplete, figures(tally).lost, figures(tally).finished.total()) == (1, 0, 1)


def test_a_request_is_asked_for_once_in_each_silence_and_only_if_it_was_accepted(tally: Tally) -> None:
    assert list(tally.to_ask(SENT_S + 5, 5.0)) == []
    tally.see(event("accepted"), SENT_S)
    assert [len(list(tally.to_ask(SENT_S + after_s, 5.0))) for after_s in (4.9, 5, 6, 10)] == [0, 1, 0, 1]


def test_events_of_others_and_repeats_change_nothing(tally: Tally) -> None:
    work(tally, SENT_S)
    work(tally, SENT_S + 5)
    tally.see(event("task_finished", "p.9", status="completed"), SENT_S)
    assert tally.together().finished.total() == 1
    assert tally.together().accepted == 1
