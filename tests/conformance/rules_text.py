"""Control requests, translations and stories."""

from __future__ import annotations

from typing import Any

from tests.conformance.peer import Event
from tests.conformance.rule import NotApplicable, RuleBook, Session, demand, demand_equal, of_type, only, types_of

CONTROL = RuleBook("control")
TRANSLATION = RuleBook("translation")
STORY = RuleBook("story")


def _languages(events: list[Event], kind: str = "translation_completed") -> list[str]:
    return sorted(event.fields["targetLanguage"] for event in of_type(events, kind))


@CONTROL.rule("ping is answered with pong, its timestamp as it was sent")
def _ping(session: Session) -> None:
    with session.peer() as peer:
        for timestamp in (1785150000, 1785150000.5, 1785150000000):
            pong = only(peer.ask({"type": "ping", "timestamp": timestamp}), "pong")
            demand_equal("timestamp", pong.fields["timestamp"], timestamp)


@CONTROL.rule("pong, stats_result, voices_result and languages_result have a taskId only if the request has one")
def _task_id(session: Session) -> None:
    with session.peer() as peer:
        answers = {"stats": "stats_result", "voices": "voices_result", "languages": "languages_result"}
        for kind, answer in (answers | {"ping": "pong"}).items():
            demand("taskId" not in only(peer.ask({"type": kind}), answer).fields, f"{answer} has a taskId")
            task_id = session.new_id()
            answered = only(peer.ask({"type": kind, "taskId": task_id}), answer).fields
            demand_equal("taskId", answered.get("taskId"), task_id)


@CONTROL.rule("control requests get their one event, without accepted and task_finished")
def _one_event(session: Session) -> None:
    answers = {
        "ping": "pong",
        "stats": "stats_result",
        "voices": "voices_result",
        "languages": "languages_result",
        "cancel": "cancel_result",
        "result": "result_unknown",
    }
    with session.peer() as peer:
        for kind, answer in answers.items():
            demand_equal(kind, types_of(peer.ask({"type": kind, "taskId": session.new_id()})), [answer])


@CONTROL.rule("a pair that languages lists can be translated, and one of an unknown language is not listed")
def _listed_pairs(session: Session) -> None:
    subject = session.subject
    source, target = subject.source, subject.targets[0]
    with session.peer() as peer:
        asked = {"type": "languages", "sourceLanguage": source, "targetLanguage": target}
        pairs = only(peer.ask(asked), "languages_result").fields["pairs"]
        demand({"source": source, "target": target}.items() <= pairs[0].items(), f"not {source} to {target}: {pairs}")
        answered = types_of(peer.run(session.translation()))
        demand("translation_completed" in answered, f"a listed pair got {answered}")
        if not subject.failing_text:
            asked["targetLanguage"] = subject.failing_language
            demand_equal("pairs", only(peer.ask(asked), "languages_result").fields["pairs"], [])


@CONTROL.rule("detect names the language of a sentence first, and is never more than sure")
def _detect(session: Session) -> None:
    with session.peer() as peer:
        text = "Where is the nearest railway station, please? It is late and we have to go home."
        found = only(peer.ask({"type": "detect", "text": text}), "detect_result").fields
        demand_equal("language", found["candidates"][0]["language"], "en")
        confidences = [candidate["confidence"] for candidate in found["candidates"]]
        demand_equal("order", confidences, sorted(confidences, reverse=True))
        demand(min(confidences) >= 0 and sum(confidences) <= 1.01, f"confidences are {confidences}")
        nothing = only(peer.ask({"type": "detect", "text": "12:30"}), "detect_result").fields
        demand_equal("candidates of no words", nothing["candidates"], [])
        demand_equal("reliable", nothing["reliable"], False)
        error = only(peer.ask({"type": "detect"}), "request_rejected").fields
        demand_equal("errorCode", error["errorCode"], "invalid_request")
        demand("text" in error["error"], f"the sentence does not name text: {error['error']}")


@CONTROL.rule("cancel says unknown or finished of what is not in flight")
def _cancel_nothing(session: Session) -> None:
    with session.peer() as peer:
        request = session.translation()
        cancel = {"type": "cancel", "taskId": request["taskId"]}
        demand_equal("status", only(peer.ask(cancel), "cancel_result").fields["status"], "unknown")
        peer.run(request)
        demand_equal("status", only(peer.ask(cancel), "cancel_result").fields["status"], "finished")


@CONTROL.rule("a cancelled task tells so in its own error events and ends once")
def _cancel(session: Session) -> None:
    with session.peer() as peer:
        targets = list(session.subject.targets)
        request = session.translation(targetLanguages=targets)
        peer.send(request)
        peer.send({"type": "cancel", "taskId": request["taskId"]})
        events = peer.until(lambda event: event.type == "task_finished") + peer.barrier()
        told = only(events, "cancel_result").fields["status"]
        status = only(events, "task_finished").fields["status"]
        demand_equal("accepted", len(of_type(events, "accepted")), 1)
        answered = _languages(events) + _languages(events, "translation_error")
        demand_equal("languages that were answered", sorted(answered), sorted(targets))
        if told == "finished":
            demand_equal("status of a task that was faster", status, "completed")
            return
        demand_equal("cancel_result and task_finished", (told, status), ("cancelled", "cancelled"))
        codes = {event.fields["errorCode"] for event in of_type(events, "translation_error")}
        demand_equal("errorCode", codes, {"cancelled"})


@CONTROL.rule("result brings the stored events of a task again")
def _result(session: Session) -> None:
    with session.peer() as peer:
        request = session.translation(targetLanguages=list(session.subject.targets))
        first = of_type(peer.run(request), "translation_completed")
        again = of_type(peer.ask({"type": "result", "taskId": request["taskId"]}), "translation_completed")
        demand_equal("the events", [event.fields for event in again], [event.fields for event in first])


@CONTROL.rule("result of an unknown task is result_unknown")
def _result_unknown(session: Session) -> None:
    with session.peer() as peer:
        task_id = session.new_id()
        unknown = only(peer.ask({"type": "result", "taskId": task_id}), "result_unknown")
        demand_equal("taskId", unknown.fields["taskId"], task_id)


@TRANSLATION.rule("each target language gets one event of its own")
def _each_language(session: Session) -> None:
    with session.peer() as peer:
        targets = sorted(session.subject.targets)
        events = peer.run(session.translation(targetLanguages=targets))
        demand_equal("languages", _languages(events), targets)
        for event in of_type(events, "translation_completed"):
            result = event.fields["result"]
            demand_equal("result.targetLanguage", result["targetLanguage"], event.fields["targetLanguage"])
            demand_equal("result.sourceLanguage", result["sourceLanguage"], session.subject.source)
            demand(result["translatedText"], "the translated text is empty")


@TRANSLATION.rule("confidenceScore is 1.0 where the source language is stated, and a share where it is not")
def _confidence(session: Session) -> None:
    with session.peer() as peer:
        stated = only(peer.run(session.translation()), "translation_completed").fields["result"]
        demand_equal("confidenceScore", stated["confidenceScore"], 1.0)
        for source in ("auto", None):
            events = peer.run(session.translation(sourceLanguage=source))
            failed = of_type(events, "translation_error")
            if failed and failed[0].fields["errorCode"] == "engine_unavailable":
                raise NotApplicable("this server identifies no languages")
            found = only(events, "translation_completed").fields["result"]
            demand_equal("sourceLanguage", found["sourceLanguage"], session.subject.source)
            demand(0 < found["confidenceScore"] <= 1, f"confidenceScore {found['confidenceScore']}")


@TRANSLATION.rule("a target equal to the source is answered with the text unchanged, by identity")
def _identity(session: Session) -> None:
    with session.peer() as peer:
        request = session.translation(targetLanguages=[session.subject.source])
        result = only(peer.run(request), "translation_completed").fields["result"]
        demand_equal("translatedText", result["translatedText"], request["text"])
        demand_equal("translatorModel", result["translatorModel"], "identity")


@TRANSLATION.rule("a text over the limit is an accepted task that is skipped, status failed")
def _skipped(session: Session) -> None:
    with session.peer() as peer:
        ids = {"messageId": session.new_id(), "conversationId": session.new_id()}
        events = peer.run(session.translation(text="x" * 10_001, **ids))
        demand_equal("the events", types_of(events), ["accepted", "translation_skipped", "task_finished"])
        skipped = events[1].fields
        demand_equal("length and max_length", (skipped["length"], skipped["max_length"]), (10_001, 10_000))
        demand_equal("ids", {key: skipped[key] for key in ids}, ids)
        demand_equal("status", events[-1].fields["status"], "failed")


@TRANSLATION.rule("a text at the limit is translated")
def _at_the_limit(session: Session) -> None:
    with session.peer() as peer:
        request = session.translation(text="x" * 10_000, targetLanguages=[session.subject.source])
        only(peer.run(request), "translation_completed")


@TRANSLATION.rule("a language that fails gets translation_error and hides no other")
def _partial(session: Session) -> None:
    text, good, bad = session.partly_failing()
    with session.peer() as peer:
        events = peer.run(session.translation(text=text, targetLanguages=[bad, good]))
        demand_equal("languages done", _languages(events), [good])
        demand_equal("languages failed", _languages(events, "translation_error"), [bad])
        demand_equal("status", events[-1].fields["status"], "partial")


@TRANSLATION.rule("where every language fails, the status is failed")
def _failed(session: Session) -> None:
    text, _, bad = session.partly_failing()
    with session.peer() as peer:
        events = peer.run(session.translation(text=text, targetLanguages=[bad]))
        demand_equal("the events", types_of(events), ["accepted", "translation_error", "task_finished"])
        demand_equal("status", events[-1].fields["status"], "failed")


def _story(session: Session, **fields: Any) -> dict[str, Any]:
    story = {"type": "story_text_object_translation", "postId": session.new_id(), "textObjectIndex": 3}
    return session.translation(**story) | fields


@STORY.rule("all languages come in one event, with its timestamp in milliseconds")
def _all_in_one(session: Session) -> None:
    with session.peer() as peer:
        targets = sorted(session.subject.targets)
        request = _story(session, targetLanguages=targets)
        events = peer.run(request)
        kinds = ["accepted", "story_text_object_translation_completed", "task_finished"]
        demand_equal("the events", types_of(events), kinds)
        story = events[1].fields
        demand_equal("languages", sorted(story["translations"]), targets)
        demand_equal("postId", story["postId"], request["postId"])
        demand_equal("textObjectIndex", story["textObjectIndex"], 3)
        demand(story["timestamp"] > 1e12, f"timestamp {story['timestamp']} is not in milliseconds")


@STORY.rule("a language that fails is left out and gets translation_error with postId and textObjectIndex")
def _story_partial(session: Session) -> None:
    text, good, bad = session.partly_failing()
    with session.peer() as peer:
        request = _story(session, text=text, targetLanguages=[good, bad])
        events = peer.run(request)
        story = only(events, "story_text_object_translation_completed").fields
        # Its own language is left out.
        demand_equal("languages", sorted(story["translations"]), [good] if good != session.subject.source else [])
        error = only(events, "translation_error").fields
        demand_equal("targetLanguage", error["targetLanguage"], bad)
        told = (error.get("postId"), error.get("textObjectIndex"))
        demand_equal("postId and textObjectIndex", told, (request["postId"], 3))
        demand_equal("status", events[-1].fields["status"], "partial")


@TRANSLATION.rule("a document whose request wants progress is told of it, and ends as any other text")
def _progress(session: Session) -> None:
    text = "\n\n".join(f"{session.subject.text} This is number {number}." for number in range(60))
    with session.peer() as peer:
        events = peer.run(session.translation(text=text, format="text", progress=True))
        demand("task_progress" in types_of(events), f"only {types_of(events)}")
        demand_equal("the last two", types_of(events)[-2:], ["translation_completed", "task_finished"])
