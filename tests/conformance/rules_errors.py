"""Refusals and repeats."""

from __future__ import annotations

from typing import Any

from tests.conformance.peer import Event
from tests.conformance.rule import RuleBook, Session, demand, demand_equal, of_type, only, types_of

ERRORS = RuleBook("errors")
REPEATS = RuleBook("repeats")
FAMILIES = {
    "voice_profile_analyze": "voice_profile_error",
    "voice_profile_verify": "voice_profile_error",
    "voice_profile_compare": "voice_profile_error",
    "voice_conformance": "voice_api_error",
    "correction": "correction_error",
    "extraction": "extraction_error",
    "batch": "batch_error",
}
WITHOUT_HANDLER = "conformance_no_such_type"


@ERRORS.rule("a type without a handler is unknown_type, in the error event of its family")
def _unknown_type(session: Session) -> None:
    with session.peer() as peer:
        answer = peer.ask({"type": WITHOUT_HANDLER, "taskId": session.new_id()})
        demand_equal("errorCode", only(answer, "request_rejected").fields["errorCode"], "unknown_type")
        for kind, event in FAMILIES.items():
            request = {"type": kind, "taskId": session.new_id(), "request_id": "r-1", "user_id": "u-1"}
            events = peer.ask(request)
            # A server may have a handler for it: then this request lacks fields.
            codes = {one.fields.get("errorCode") for one in of_type(events, event)}
            demand(codes and codes <= {"unknown_type", "invalid_request"}, f"{kind}: {types_of(events)} {codes}")


def _broken_requests(session: Session) -> list[tuple[str, dict[str, Any], str]]:
    translation = session.translation()
    without_text = {key: value for key, value in translation.items() if key != "text"}
    return [
        ("text", without_text, "translation_error"),
        ("text", session.translation(text=5), "translation_error"),
        ("targetLanguages", session.translation(targetLanguages="fr"), "translation_error"),
        ("targetLanguages", session.translation(targetLanguages=[]), "translation_error"),
        ("taskId", session.translation(taskId="x" * 129), "translation_error"),
        ("timeoutMs", session.translation(timeoutMs="soon"), "translation_error"),
        ("messageId", session.translation(messageId=7), "translation_error"),
        ("postId", session.translation(type="story_text_object_translation"), "translation_error"),
        ("targetLanguages", session.voice(targetLanguages="fr"), "audio_process_error"),
        ("mobileTranscription", session.voice(mobileTranscription="Hi"), "audio_process_error"),
        ("taskId", {"type": "cancel"}, "request_rejected"),
        ("taskId", {"type": "result"}, "request_rejected"),
    ]


@ERRORS.rule("a field that is missing or of the wrong type is an invalid_request that names it")
def _named(session: Session) -> None:
    with session.peer() as peer:
        for field, request, kind in _broken_requests(session):
            error = only(peer.ask(request), kind).fields
            demand_equal(f"errorCode for {field}", error["errorCode"], "invalid_request")
            demand(field in error["error"], f"the sentence does not name {field}: {error['error']}")
            demand_equal("retryable", error["retryable"], False)


@ERRORS.rule("a refused request gets its error and its end, and is not accepted")
def _refused(session: Session) -> None:
    with session.peer() as peer:
        events = peer.run(session.translation(text=5))
        demand_equal("the events", types_of(events), ["translation_error", "task_finished"])


@ERRORS.rule("a refused translation is told once for each target language")
def _refused_languages(session: Session) -> None:
    with session.peer() as peer:
        targets = list(session.subject.targets)
        events = peer.run(session.translation(text=5, targetLanguages=targets))
        demand_equal("languages", [event.fields["targetLanguage"] for event in events[:-1]], targets)


@ERRORS.rule("a replyTo in bad form is an invalid_request on events")
def _bad_reply_to(session: Session) -> None:
    with session.everybody() as peer:
        for name in ("a b", "x" * 65, "", "ä"):
            request = session.translation(replyTo=name)
            peer.send(request)
            error = peer.until(lambda event, task_id=request["taskId"]: event.fields.get("taskId") == task_id)[-1]  # type: ignore[misc]
            demand_equal("errorCode", error.fields.get("errorCode"), "invalid_request")
            demand("replyTo" in error.fields["error"], error.fields["error"])


@ERRORS.rule("a header over 1 MiB that is no document is too_large, in the words of its family")
def _header_too_large(session: Session) -> None:
    with session.everybody() as peer:
        request = session.translation(text="x" * (1 << 20))
        peer.send(request)
        events = peer.until(lambda event: event.type == "translation_error")
        demand_equal("errorCode", events[-1].fields["errorCode"], "too_large")
        demand_equal("taskId", events[-1].fields["taskId"], request["taskId"])


@ERRORS.rule("more than 8 binary frames are too_large, with the limit and the size in the sentence")
def _too_many_frames(session: Session) -> None:
    with session.peer() as peer:
        request = session.voice(mobileTranscription=None, binaryFrames={"audio": 1})
        error = only(peer.ask(request, *[b"x"] * 9), "audio_process_error").fields
        demand_equal("errorCode", error["errorCode"], "too_large")
        demand("8" in error["error"] and "9" in error["error"], error["error"])


def _results(events: list[Event]) -> list[dict[str, Any]]:
    found = [event.fields for event in of_type(events, "translation_completed")]
    return sorted(found, key=lambda fields: str(fields["targetLanguage"]))


@REPEATS.rule("a repeat of a finished task is answered from the store")
def _finished(session: Session) -> None:
    with session.peer() as peer:
        request = session.translation(targetLanguages=list(session.subject.targets))
        first = peer.run(request)
        again = peer.run(request)
        demand_equal("duplicate", only(again, "accepted").fields["duplicate"], True)
        demand_equal("the events", _results(again), _results(first))
        demand_equal("events after task_finished", types_of(peer.barrier()), [])


@REPEATS.rule("a voice message is brought again with its sound")
def _finished_voice(session: Session) -> None:
    with session.peer() as peer:
        request = session.voice(targetLanguages=list(session.subject.targets))
        first, again = peer.run(request), peer.run(request)
        sounds = [[event.binaries for event in events[1:-1]] for events in (first, again)]
        demand_equal("the types", types_of(again), types_of(first))
        demand(sounds[0] == sounds[1], "the sound is another")


@REPEATS.rule("a repeat does no work twice, wherever the first one is")
def _at_once(session: Session) -> None:
    with session.peer() as peer:
        request = session.translation(targetLanguages=list(session.subject.targets))
        for _ in range(5):
            peer.send(request)
        events = peer.until(lambda event: event.type == "task_finished")
        events += peer.barrier() + peer.barrier()
        demand_equal(
            "accepted", [one.fields["duplicate"] for one in of_type(events, "accepted")], [False] + [True] * 4
        )
        for language in session.subject.targets:
            told = [result for result in _results(events) if result["targetLanguage"] == language]
            demand(told, f"{language} was not answered")
            demand(all(one == told[0] for one in told), f"{language} was translated more than once")


@REPEATS.rule("a language that the first request did not ask for is added as new work")
def _other_language(session: Session) -> None:
    first_language, second_language, *_ = session.subject.targets
    with session.peer() as peer:
        request = session.translation(targetLanguages=[first_language])
        [first] = _results(peer.run(request))
        both = [first_language, second_language]
        events = peer.run(request | {"targetLanguages": both})
        results = {result["targetLanguage"]: result for result in _results(events)}
        demand_equal("duplicate", only(events, "accepted").fields["duplicate"], True)
        demand_equal("languages", sorted(results), sorted(both))
        demand(results[first_language] == first, f"{first_language} was translated again")


@REPEATS.rule("the same taskId of another peer is another task")
def _other_peer(session: Session) -> None:
    with session.peer() as one, session.peer() as other:
        request = session.translation()
        one.run(request)
        demand_equal("duplicate", only(other.run(request), "accepted").fields["duplicate"], False)


@REPEATS.rule("on events a repeat is answered too")
def _on_events(session: Session) -> None:
    with session.everybody() as peer:
        request = session.translation()
        told = []
        for _ in range(2):
            peer.send(request)
            told.append(peer.until(lambda event: event.fields.get("taskId") == request["taskId"])[-1].fields)
        demand(told[0] == told[1], "the answers are not the same")
