"""The checker of the chaos runs: it must be able to fail."""

from __future__ import annotations

import random
from typing import Any

import pytest

from scripts.chaos_runs.ledger import Ledger, texts_of
from scripts.chaos_runs.requests import make_request

TEXT = {"pt": "[pt] hi"}


def accepted(*, duplicate: bool = False) -> dict[str, Any]:
    return {"type": "accepted", "taskId": "t", "duplicate": duplicate}


def translated(text: str = "[pt] hi", language: str = "pt") -> dict[str, Any]:
    result = {"translatedText": text}
    return {"type": "translation_completed", "taskId": "t", "targetLanguage": language, "result": result}


def finished(status: str = "completed") -> dict[str, Any]:
    return {"type": "task_finished", "taskId": "t", "status": status, "events": 1}


def failed(code: str) -> dict[str, Any]:
    return {"type": "translation_error", "taskId": "t", "targetLanguage": "pt", "errorCode": code}


UNKNOWN = {"type": "result_unknown", "taskId": "t"}


def book(*events: dict[str, Any], sent: int = 1, asked: int = 0) -> Ledger:
    ledger = Ledger("one")
    task = ledger.add("t", TEXT)
    task.sent, task.asked = sent, asked
    for event in events:
        ledger.see(event)
    return ledger


GOOD = [
    (book(accepted(), translated(), finished()), "as it should be"),
    (
        book(accepted(), translated(), finished(), accepted(duplicate=True), translated(), finished(), sent=2),
        "a repeat",
    ),
    (book(accepted(), translated(), finished(), translated(), finished(), asked=1), "a question"),
    (book(accepted(), translated(), translated(), finished(), sent=1), "an event twice, for the run was repeated"),
    (book(accepted(), finished(), translated(), finished(), asked=1), "an event that only the replay brought"),
    (book(failed("shutting_down"), accepted(), translated(), finished(), sent=2), "refused first"),
    (book(translated(), finished(), sent=1, asked=1), "the acceptance was lost on the way"),
]


@pytest.mark.parametrize("ledger", [ledger for ledger, _ in GOOD], ids=[name for _, name in GOOD])
def test_what_keeps_the_promises_is_no_problem(ledger: Ledger) -> None:
    assert ledger.problems() == []
    assert ledger.open == []


BAD = [
    (book(sent=3), "never accepted, though sent 3 times (no answer)"),
    (book(failed("overloaded")), "never accepted, though sent 1 times (overloaded)"),
    (book(accepted()), "lost: accepted and never finished"),
    (book(accepted(), translated()), "lost: accepted and never finished"),
    (book(accepted(), translated(), finished(), finished()), "finished 2 times; sent 1 times, asked for 0 times"),
    (book(accepted(), UNKNOWN, accepted(), translated(), finished(), sent=2, asked=1), "accepted, then forgotten"),
    (book(accepted(), accepted(), translated(), finished(), sent=2), "accepted, then forgotten"),
    (book(accepted(), failed("engine_failed"), finished("failed")), "finished as failed (engine_failed)"),
    (book(accepted(), failed("internal"), translated(), finished()), "completed with errors: internal"),
    (book(accepted(), finished()), "completed without pt"),
    (book(accepted(), finished(), translated()), "results after the finish: pt"),
    (book(accepted(), translated("[pt] ho"), finished()), "wrong result for pt: ['[pt] ho'], expected '[pt] hi'"),
    (book(accepted(), translated(), translated("x", "fr"), finished()), "wrong result for fr: ['x'], expected None"),
]


@pytest.mark.parametrize(("ledger", "said"), BAD, ids=[said for _, said in BAD])
def test_each_broken_promise_is_one_sentence(ledger: Ledger, said: str) -> None:
    assert ledger.problems() == [f"one t: {said}"]


def test_what_is_open_is_what_has_no_finish_or_lacks_a_result() -> None:
    for ledger in (book(), book(accepted()), book(accepted(), finished())):
        assert [task.task_id for task in ledger.open] == ["t"]
    assert book(accepted(), finished("failed")).open == []


def test_the_figures_add_up() -> None:
    one = book(accepted(), translated(), finished(), sent=2, asked=3).counts()
    both = one + book().counts()
    assert (both.tasks, both.accepted, both.finished, both.asked, both.resent) == (2, 1, 1, 3, 1)


def test_the_same_seed_makes_the_same_requests_of_all_kinds() -> None:
    made = [
        [make_request(rng, "one", number) for number in range(200)] for rng in (random.Random(7), random.Random(7))
    ]
    assert made[0] == made[1]
    assert {request.header["type"] for request in made[0]} == {"translation", "transcription_only", "audio_process"}


def test_a_voice_message_brings_what_was_said_and_each_language() -> None:
    event = {
        "type": "audio_process_completed",
        "transcription": {"text": "echo 1.0 s"},
        "translatedAudios": [{"targetLanguage": "pt", "translatedText": "[pt] echo 1.0 s"}],
    }
    assert dict(texts_of(event)) == {"transcription": "echo 1.0 s", "pt": "[pt] echo 1.0 s"}
