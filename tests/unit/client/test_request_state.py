from __future__ import annotations

from typing import Any

import pytest

from dragoman_client.errors import ServerUnreachable, TimedOut
from dragoman_client.frames import ReceivedEvent
from dragoman_client.request_state import Patience, RequestState, Step

PATIENCE = Patience(timeout_s=60, resend_s=1, resend_max_s=5, poll_s=10)


def state(kind: str = "translation", languages: tuple[str, ...] = ("pt", "fr")) -> RequestState:
    header = {"type": kind, "taskId": "t", "targetLanguages": list(languages)}
    return RequestState(header, PATIENCE, 0.0, server="tcp://there")


def event(kind: str, **fields: Any) -> ReceivedEvent:
    return ReceivedEvent(type=kind, fields={"type": kind, "taskId": "t", **fields})


def accepted() -> RequestState:
    one = state()
    one.sent(0, taken=True)
    one.see(event("accepted", duplicate=False), 0)
    return one


def failed(language: str | None, code: str = "overloaded") -> ReceivedEvent:
    return event("translation_error", targetLanguage=language, error="no", errorCode=code)


def test_what_is_not_accepted_is_repeated_ever_more_slowly() -> None:
    one, now_s, waits = state(), 0.0, []
    for _ in range(5):
        assert one.due(now_s) == (Step.SEND, 0.0)
        one.sent(now_s, taken=True)
        step, wait_s = one.due(now_s)
        assert step is Step.WAIT
        waits.append(wait_s)
        now_s += wait_s
    assert waits == [1, 2, 4, 5, 5]


def test_a_request_that_no_server_took_is_tried_again_soon_and_then_reported_as_unreachable() -> None:
    one = state()
    one.sent(0, taken=False)
    assert one.due(0) == (Step.WAIT, 0.05)
    with pytest.raises(ServerUnreachable, match="no server at tcp://there took the translation request t within 60 s"):
        one.due(60)


def test_a_large_request_is_given_time_to_travel_before_it_is_repeated() -> None:
    one = RequestState({"taskId": "t"}, PATIENCE, 0.0, server="s", size_bytes=40 << 20)
    one.sent(0, taken=True)
    assert one.due(0) == (Step.WAIT, 11.0)


def test_silence_before_and_after_acceptance_is_told_apart() -> None:
    one = state()
    one.sent(0, taken=True)
    with pytest.raises(TimedOut, match="no answer to the translation request t from tcp://there within 60 s"):
        one.due(60)
    one = accepted()
    one.see(event("translation_completed", targetLanguage="pt"), 30)
    one.polled(80)
    assert one.due(89) == (Step.WAIT, 1)
    with pytest.raises(TimedOut, match="within 60 s after `translation_completed`"):
        one.due(90)


def test_an_accepted_task_is_asked_for_after_a_silence() -> None:
    one = accepted()
    assert one.due(9) == (Step.WAIT, 1)
    assert one.due(10) == (Step.POLL, 0)
    one.polled(10)
    assert one.due(10) == (Step.WAIT, 10)


def test_a_task_that_the_server_forgot_is_sent_again() -> None:
    one = accepted()
    one.polled(10)
    assert one.see(event("result_unknown"), 11) is None
    assert one.due(11) == (Step.SEND, 0)


def test_a_repeat_with_other_times_is_still_a_repeat() -> None:
    one = accepted()
    assert one.see(event("translation_completed", targetLanguage="pt", timestamp=1), 1)
    assert one.see(event("translation_completed", targetLanguage="pt", timestamp=2), 2) is None
    assert one.see(event("translation_completed", targetLanguage="fr", timestamp=2), 2)


def test_progress_is_a_repeat_only_where_it_says_the_same() -> None:
    one = state("batch", ())
    one.see(event("accepted", duplicate=False), 0)
    assert one.see(event("batch_progress", done=1), 1)
    assert one.see(event("batch_progress", done=1), 1) is None
    assert one.see(event("batch_progress", done=2), 1)


def test_a_refusal_is_over_when_every_language_has_its_error() -> None:
    one = state()
    assert one.see(failed("pt"), 0)
    assert one.see(failed("pt"), 0) is None
    assert not one.ended
    assert one.see(failed("fr"), 0)
    assert one.ended


@pytest.mark.parametrize(
    ("kind", "refusal"),
    [
        ("translation", failed(None)),
        ("transcription_only", event("transcription_error", error="no", errorCode="overloaded")),
        ("nonsense", event("request_rejected", requestType="nonsense", error="no", errorCode="unknown_type")),
        ("translation", event("translation_skipped", length=3, max_length=2)),
    ],
)
def test_a_refusal_as_a_whole_is_one_event(kind: str, refusal: ReceivedEvent) -> None:
    one = state(kind)
    assert one.see(refusal, 0) is refusal
    assert one.ended


def test_an_error_after_acceptance_ends_nothing() -> None:
    one = accepted()
    one.see(failed("pt"), 0)
    one.see(failed("fr"), 0)
    assert not one.ended


def test_a_finish_that_counts_more_events_than_came_waits_for_one_replay() -> None:
    one = accepted()
    finish = event("task_finished", status="completed", events=1)
    assert one.see(finish, 5) is None
    assert one.due(5) == (Step.POLL, 0)
    one.polled(5)
    assert one.see(event("translation_completed", targetLanguage="pt"), 5.1)
    assert one.see(finish, 5.2) is finish
    assert one.ended


@pytest.mark.parametrize("answer", [None, "result_unknown"])
def test_a_finish_whose_events_are_gone_is_handed_on_in_the_end(answer: str | None) -> None:
    one = accepted()
    finish = event("task_finished", status="completed", events=1)
    one.see(finish, 5)
    one.polled(5)
    if answer:
        assert one.see(event(answer), 5) is finish
    else:
        now_s, waits = 6.0, []
        while one.due(now_s)[0] is Step.POLL:
            one.polled(now_s)
            waits.append(one.due(now_s)[1])
            now_s += waits[-1]
        assert waits == [2, 4, 5, 5]
        assert one.due(now_s) == (Step.FINISH, 0)
        assert one.finish() is finish
    assert one.ended


def test_a_cancellation_and_its_task_take_their_own_events_under_one_id() -> None:
    task, cancellation = accepted(), state("cancel")
    gone, answer = failed("pt", "cancelled"), event("cancel_result", status="cancelled")
    assert task.see(answer, 1) is None
    assert cancellation.see(gone, 1) is None
    assert cancellation.see(answer, 1)
    assert cancellation.ended


def test_stored_events_asked_for_by_hand_end_with_the_finish_or_with_the_unknown() -> None:
    for last in (event("task_finished", events=9), event("result_unknown")):
        one = state("result")
        assert one.see(failed("pt"), 0)
        assert not one.ended
        assert one.see(last, 0) is last
        assert one.ended


def test_the_time_that_a_caller_takes_between_two_events_is_no_silence() -> None:
    one = accepted()
    one.resumed(100)
    assert one.due(100) == (Step.POLL, 0)


def test_after_a_lost_connection_each_asks_at_once() -> None:
    sending, working, closing = state(), accepted(), accepted()
    sending.sent(0, taken=True)
    closing.see(event("task_finished", status="completed", events=1), 0)
    closing.polled(0)
    for one, step in ((sending, Step.SEND), (working, Step.POLL), (closing, Step.POLL)):
        assert one.due(0.5)[0] is Step.WAIT
        one.reconnected(0.5)
        assert one.due(0.5) == (step, 0.0)
