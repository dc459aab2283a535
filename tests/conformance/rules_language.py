"""Corrections and extractions: what holds whichever model does them."""

from __future__ import annotations

from typing import Any

from tests.conformance.rule import RuleBook, Session, demand, demand_equal, of_type, only

LANGUAGE = RuleBook("language")
TEXT = "I has a question. \U0001f600\n\nTeh answer is 42."
SCHEMA = {"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"]}


def _correction(session: Session, **fields: Any) -> dict[str, Any]:
    return {"type": "correction", "taskId": session.new_id(), "text": TEXT, "language": "en", **fields}


@LANGUAGE.rule("all corrections, applied to the text, give the corrected text; chunks lie inside it")
def _applied(session: Session) -> None:
    with session.peer() as peer:
        events = peer.run(_correction(session, stream=True))
        done = only(events, "correction_completed").fields
        text = TEXT
        for each in reversed(done["corrections"]):
            demand_equal("original", TEXT[each["start"] : each["end"]], each["original"])
            text = text[: each["start"]] + each["replacement"] + text[each["end"] :]
        demand_equal("correctedText", text, done["correctedText"])
        chunks = [event.fields for event in of_type(events, "correction_chunk")]
        demand_equal("chunks", len(chunks), done["chunks"]["ok"])
        demand(all(0 <= each["start"] < each["end"] <= len(TEXT) for each in chunks), f"{chunks}")


@LANGUAGE.rule("a text without words, and a model that there is not, are an invalid_request")
def _refused(session: Session) -> None:
    with session.peer() as peer:
        for fields in ({"text": " "}, {"modelType": "no-such-model"}, {"chunkChars": 5}, {"style": "loud"}):
            error = only(peer.run(_correction(session, **fields)), "correction_error").fields
            demand_equal(f"errorCode for {fields}", error["errorCode"], "invalid_request")


@LANGUAGE.rule("data is an object with what the schema requires; a schema that is none is refused before any call")
def _extracted(session: Session) -> None:
    with session.peer() as peer:
        request = {"type": "extraction", "text": TEXT, "schema": SCHEMA}
        events = peer.run(request | {"taskId": session.new_id()})
        found = of_type(events, "extraction_completed")
        if found:
            demand(isinstance(found[0].fields["data"].get("answer"), str), f"data: {found[0].fields['data']}")
        else:  # rules extract nothing
            demand_equal("errorCode", only(events, "extraction_error").fields["errorCode"], "engine_unavailable")
        wrong = request | {"taskId": session.new_id(), "schema": {"type": "array"}}
        demand_equal("errorCode", only(peer.run(wrong), "extraction_error").fields["errorCode"], "invalid_request")
