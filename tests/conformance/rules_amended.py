"""The second edition of the protocol: what was amended, because real gateways stumbled over it."""

from __future__ import annotations

import json
from typing import Any

from tests.conformance.peer import Event, Peer
from tests.conformance.rule import RuleBook, Session, demand, demand_equal, of_type, only, types_of
from tests.conformance.sound import silence

AMENDED = RuleBook("second edition")


def _told(peer: Peer, request: dict[str, Any]) -> list[Event]:
    """What a peer of *events* is told of a request, up to the answer to a ping that is sent after its last event."""
    peer.send(request)
    events = peer.until(lambda event: event.fields.get("taskId") == request["taskId"])
    return [event for event in events + peer.barrier() if event.fields.get("taskId") == request["taskId"]]


def _story(session: Session, **fields: Any) -> dict[str, Any]:
    story = {"type": "story_text_object_translation", "postId": session.new_id(), "textObjectIndex": 0}
    return session.translation(**story) | fields


def _failing(session: Session) -> tuple[str, list[str]]:
    """A text, and two languages that it cannot be translated into."""
    subject = session.subject
    if subject.failing_text:
        return subject.failing_text, list(subject.targets[:2])
    return subject.text, [subject.failing_language, subject.failing_language + "x"]


@AMENDED.rule("on events one translation_error tells of all languages that failed")
def _one_error(session: Session) -> None:
    text, failing = _failing(session)
    with session.everybody() as peer:
        for request in (
            session.translation(text=text, targetLanguages=failing),
            session.translation(text=5, targetLanguages=failing),
            _story(session, text=text, targetLanguages=failing),
        ):
            error = only(_told(peer, request), "translation_error").fields
            told = [each["targetLanguage"] for each in error["failedLanguages"]]
            demand_equal("failedLanguages", sorted(told), sorted(failing))
            demand_equal("targetLanguage", error["targetLanguage"], told[0])


@AMENDED.rule("a story text always ends with one completed, without its own language")
def _story_ends(session: Session) -> None:
    text, failing = _failing(session)
    subject = session.subject
    with session.peer() as peer:
        for request, languages in (
            (_story(session, text=text, targetLanguages=failing), []),
            (_story(session, text="", targetLanguages=[subject.targets[0]]), []),
            (_story(session, targetLanguages=[subject.source, subject.targets[0]]), [subject.targets[0]]),
        ):
            done = only(peer.run(request), "story_text_object_translation_completed").fields
            demand_equal("languages", sorted(done["translations"]), languages)


@AMENDED.rule("the language that was spoken is left out, unless speakOriginal is true")
def _spoken_language(session: Session) -> None:
    source, target = session.subject.source, session.subject.targets[0]
    spoken = f"{source}-GB"
    with session.peer() as peer:
        events = peer.run(session.voice(targetLanguages=[spoken, target]))
        demand_equal("the event of the one language", len(of_type(events, "audio_translation_ready")), 1)
        whole = only(events, "audio_process_completed").fields
        demand_equal("languages", [one["targetLanguage"] for one in whole["translatedAudios"]], [target])
        events = peer.run(session.voice(targetLanguages=[source, target], speakOriginal=True))
        whole = only(events, "audio_process_completed").fields
        told = sorted(one["targetLanguage"] for one in whole["translatedAudios"])
        demand_equal("languages with speakOriginal", told, sorted([source, target]))


@AMENDED.rule("no language to speak is no error: transcription_ready, then completed with nothing")
def _no_language(session: Session) -> None:
    kinds = ["accepted", "transcription_ready", "audio_process_completed", "task_finished"]
    with session.peer() as peer:
        for languages in ([], None, [session.subject.source]):
            events = peer.run(session.voice(targetLanguages=languages))
            demand_equal(f"the events for {languages}", types_of(events), kinds)
            demand_equal("translatedAudios", events[2].fields["translatedAudios"], [])
            demand_equal("status", events[-1].fields["status"], "completed")


@AMENDED.rule("silence is no error: noSpeech is true")
def _silence(session: Session) -> None:
    with session.peer() as peer:
        request = session.voice(mobileTranscription=None, binaryFrames={"audio": 1})
        events = peer.run(request, silence())
        whole = only(events, "audio_process_completed").fields
        if whole["transcription"]["text"]:  # a model that makes up words
            demand("noSpeech" not in whole, f"words and noSpeech: {whole}")
            return
        demand_equal("the events", types_of(events)[1:-1], ["transcription_ready", "audio_process_completed"])
        demand_equal("noSpeech", whole.get("noSpeech"), True)


@AMENDED.rule("half of a surrogate pair in JSON becomes U+FFFD, and a byte order mark is allowed")
def _surrogate(session: Session) -> None:
    with session.peer() as peer:
        source = session.subject.source
        request = session.translation(text="cut @", targetLanguages=[source], replyTo=peer.name)
        header = json.dumps(request).replace("@", "\\ud83d")
        peer.send_raw(b"\xef\xbb\xbf" + header.encode())
        events = peer.until(lambda event: event.type == "task_finished")
        done = only(events, "translation_completed").fields["result"]["translatedText"]
        demand_equal("the text", done, "cut \N{REPLACEMENT CHARACTER}")


@AMENDED.rule("a header that cannot be read is answered under the ids in it, in the words of its family")
def _broken_header(session: Session) -> None:
    with session.peer() as peer:
        for request, kind in ((session.translation(), "translation_error"), (session.voice(), "audio_process_error")):
            # Its name stands in front: what is cut off cannot be found.
            peer.send_raw(peer.pack({"replyTo": peer.name} | request)[:-1])
            events = peer.until(lambda event: event.type == "task_finished")
            demand_equal("errorCode", only(events, kind).fields["errorCode"], "invalid_request")
            demand_equal("taskId", events[-1].fields["taskId"], request["taskId"])


@AMENDED.rule("empty and null target languages are left out with a warning; an empty source is as none")
def _empty_languages(session: Session) -> None:
    target = session.subject.targets[0]
    with session.peer() as peer:
        request = session.translation(targetLanguages=["", target, None])
        result = only(peer.run(request), "translation_completed").fields["result"]
        demand_equal("targetLanguage", result["targetLanguage"], target)
        demand("targetLanguages" in " ".join(result.get("warnings", [])), f"no warning names it: {result}")
        request = session.translation(targetLanguages=[session.subject.source], sourceLanguage="")
        only(peer.run(request), "translation_completed")


@AMENDED.rule("a repeat brings what it asks for, and nothing else")
def _repeat(session: Session) -> None:
    first, second, *_ = session.subject.targets
    with session.peer() as peer:
        request = session.translation(targetLanguages=[first, second])
        peer.run(request)
        again = peer.run(request | {"targetLanguages": [second]})
        told = [event.fields["targetLanguage"] for event in of_type(again, "translation_completed")]
        demand_equal("languages", told, [second])
        demand_equal("events of task_finished", again[-1].fields["events"], 1)


@AMENDED.rule("on events a text that is too long is skipped, and one translation_error follows")
def _skipped(session: Session) -> None:
    with session.everybody() as peer:
        request = session.translation(text="x" * 10_001, targetLanguages=list(session.subject.targets))
        events = _told(peer, request)
        demand_equal("the events", types_of(events), ["translation_skipped", "translation_error"])
        demand_equal("errorCode", events[-1].fields["errorCode"], "too_large")


@AMENDED.rule("postId and postMediaId are echoed in the events of a voice message")
def _post_ids(session: Session) -> None:
    ids = {"postId": "post-1", "postMediaId": "media-1"}
    with session.peer() as peer:
        for request in (session.voice(**ids), session.voice(mobileTranscription="Hi", **ids)):
            events = [event for event in peer.run(request) if event.type not in ("accepted", "task_finished")]
            for event in events:
                demand_equal(f"ids of {event.type}", {name: event.fields.get(name) for name in ids}, ids)


@AMENDED.rule("what is not known of a segment is left out")
def _segments(session: Session) -> None:
    with session.peer() as peer:
        segments = [{"text": "Hello.", "startMs": 0, "endMs": 900}, {"text": "Bye.", "startMs": 900, "endMs": 1500}]
        mobile = {"text": "Hello. Bye.", "language": session.subject.source, "segments": segments}
        request = session.voice(mobileTranscription=mobile)
        ready = only(peer.run(request), "transcription_ready").fields["transcription"]
        demand_equal("durationMs", ready["durationMs"], 1500)
        for segment in ready["segments"]:
            demand(None not in segment.values(), f"a segment has a null: {segment}")


@AMENDED.rule("a refused request ends with one task_finished, and a taskId is made where it has none")
def _refused(session: Session) -> None:
    with session.peer() as peer:
        for request, code in (
            (session.translation(text=5), "invalid_request"),
            (session.voice(mobileTranscription="Hi", taskId=None), "invalid_request"),
            ({"type": "batch", "items": [], "taskId": session.new_id()}, "unknown_type"),
        ):
            events = peer.run(request)
            last = events[-1].fields
            demand("accepted" not in types_of(events), f"it was accepted: {types_of(events)}")
            demand_equal("type and status", (last["type"], last.get("status")), ("task_finished", "refused"))
            demand_equal("errorCode", last.get("errorCode"), code)
            demand(last["taskId"], "it has no taskId")
            demand_equal("events", last["events"], len(events) - 1)


@AMENDED.rule("a priority may be a number from 1 to 10")
def _priority(session: Session) -> None:
    with session.peer() as peer:
        for priority, name in ((1, "low"), (5, "normal"), (10, "high")):
            result = only(peer.run(session.translation(priority=priority)), "translation_completed").fields["result"]
            demand_equal(f"poolType of {priority}", result["poolType"], name)
        for other in (0, 11, "urgent"):
            codes = {event.fields["errorCode"] for event in peer.run(session.translation(priority=other))}
            demand_equal(f"errorCode of {other!r}", codes, {"invalid_request"})


@AMENDED.rule("128 target languages are allowed, and codes of ISO 639-3 too")
def _languages(session: Session) -> None:
    with session.peer() as peer:
        languages = [f"q{first}{second}" for first in "abcdefgh" for second in "abcdefghijklmnop"]
        events = peer.run(session.translation(targetLanguages=languages))
        told = {event.fields["targetLanguage"] for event in events if "targetLanguage" in event.fields}
        demand_equal("languages told of", told, set(languages))
        events = peer.run(session.translation(targetLanguages=[*languages, "qzz"]))
        codes = {event.fields["errorCode"] for event in events}
        demand_equal("errorCode of 129", codes, {"too_large"})
