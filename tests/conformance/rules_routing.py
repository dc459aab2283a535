"""Sockets, frames and the life of a task."""

from __future__ import annotations

import json

from tests.conformance.peer import Broken, Event, Peer
from tests.conformance.rule import RuleBook, Session, demand, demand_equal, of_type, only, types_of

SOCKETS = RuleBook("sockets")
FRAMES = RuleBook("frames")
LIFE = RuleBook("life of a task")
ON_ROUTED_ONLY = {"accepted", "task_finished", "server_stopping"}


def _of(task_id: str, events: list[Event]) -> list[Event]:
    return [event for event in events if event.fields.get("taskId") == task_id]


def _translated(peer: Peer, task_id: str) -> list[Event]:
    """Events up to the translation of this task, on *events*, where there may be others' too."""
    return peer.until(lambda event: event.fields.get("taskId") == task_id)


@SOCKETS.rule("a message on events is a header without a topic in front")
def _no_topic(session: Session) -> None:
    with session.everybody() as peer:
        request = session.translation()
        peer.send(request)
        event = _translated(peer, request["taskId"])[-1]
        demand_equal("the answer", event.type, "translation_completed")
        demand_equal("binary frames", event.binaries, [])


@SOCKETS.rule("a message on routed events begins with replyTo and one NUL")
def _topic(session: Session) -> None:
    with session.peer() as peer:
        for event in peer.run(session.translation()):
            demand_equal("the topic", event.topic, f"{peer.name}\0".encode())


@SOCKETS.rule("a request with replyTo is answered on routed events only")
def _routed_only(session: Session) -> None:
    with session.everybody() as everybody, session.peer() as peer:
        request = session.translation()
        peer.run(request)
        demand_equal("of the task on events", types_of(_of(request["taskId"], everybody.barrier())), [])


@SOCKETS.rule("peer-1 gets nothing of what is for peer-10")
def _prefix(session: Session) -> None:
    name = f"peer.{session.new_id()}"
    with session.peer(f"{name}-1") as one, session.peer(f"{name}-10") as ten:
        ten.run(session.translation())
        demand_equal("events of the other peer", types_of(one.barrier()), [])


@SOCKETS.rule("replyTo may hold 64 characters of A-Za-z0-9._:-")
def _long_name(session: Session) -> None:
    name = f"Az09._:-{session.new_id()}".ljust(64, "x")
    with session.peer(name) as peer:
        only(peer.run(session.translation()), "translation_completed")


@SOCKETS.rule("events tells nothing of accepted and task_finished")
def _no_life_on_events(session: Session) -> None:
    with session.everybody() as peer:
        request = session.translation()
        peer.send(request)
        events = _translated(peer, request["taskId"]) + peer.barrier()
        demand(not ON_ROUTED_ONLY & set(types_of(_of(request["taskId"], events))), f"{types_of(events)}")


@FRAMES.rule("events are encoded as their request was")
def _encoding(session: Session) -> None:
    with session.peer() as peer:
        for event in peer.run(session.translation()):
            demand_equal(f"the encoding of {event.type}", event.codec, session.codec)
            if event.type == "translation_completed":
                demand_equal("metadata.encoding", event.fields["metadata"]["encoding"], session.codec)


@FRAMES.rule("white space before JSON is allowed")
def _white_space(session: Session) -> None:
    with session.peer() as peer:
        for space in (b" ", b"\r\n\t ", b"\n" * 200):
            task_id = session.new_id()
            peer.send_raw(space + json.dumps({"type": "ping", "taskId": task_id, "replyTo": peer.name}).encode())
            demand_equal("the answer", peer.next().fields.get("taskId"), task_id)


@FRAMES.rule("a header without a type is a translation")
def _no_type(session: Session) -> None:
    with session.peer() as peer:
        request = session.translation()
        del request["type"]
        only(peer.run(request), "translation_completed")


@FRAMES.rule("unknown fields and nulls are ignored")
def _unknown_fields(session: Session) -> None:
    with session.peer() as peer:
        extra = {"mood": {"deep": [1, None]}, "modelType": None, "priority": None, "timeoutMs": None}
        only(peer.run(session.translation(**extra)), "translation_completed")


@FRAMES.rule("a header that cannot be read is answered with request_rejected on events and stops nothing")
def _unreadable(session: Session) -> None:
    with session.everybody() as peer:
        for header in (b"", b"{", b"[]", b"\xc1", b"\xff" * 100, b'{"type": "ping"', b"\x81\x01\x01", b"no header"):
            peer.send_raw(header)
            events = peer.until(lambda event: event.type == "request_rejected")
            demand_equal("errorCode", events[-1].fields.get("errorCode"), "invalid_request")
        peer.barrier()


@LIFE.rule("accepted comes first, and once")
def _accepted_first(session: Session) -> None:
    with session.peer() as peer:
        request = session.translation(targetLanguages=list(session.subject.targets))
        events = peer.run(request)
        demand_equal("the first event", events[0].type, "accepted")
        accepted = only(events, "accepted").fields
        demand_equal("accepted", (accepted["taskId"], accepted["duplicate"]), (request["taskId"], False))


@LIFE.rule("task_finished comes last and exactly once, with the number of events before it")
def _finished_last(session: Session) -> None:
    with session.peer() as peer:
        events = peer.run(session.translation(targetLanguages=list(session.subject.targets)))
        after = peer.barrier()
        demand_equal("events after task_finished", types_of(after), [])
        finished = events[-1].fields
        demand_equal("status", finished["status"], "completed")
        demand_equal("events", finished["events"], len(events) - 2)
        demand(finished["queueTimeMs"] >= 0 and finished["computeTimeMs"] >= 0, f"negative times: {finished}")


@LIFE.rule("every request of many gets its own task_finished")
def _many(session: Session) -> None:
    with session.peer() as peer:
        asked = {session.new_id() for _ in range(20)}
        for task_id in sorted(asked):
            peer.send(session.translation(taskId=task_id))
        finished: list[str] = []
        while len(finished) < len(asked):
            event = peer.next()
            if event.type == "task_finished":
                finished.append(event.fields["taskId"])
        demand_equal("task_finished", sorted(finished), sorted(asked))
        demand_equal("events afterwards", types_of(peer.barrier()), [])


@LIFE.rule("a task without a taskId gets one, the same in all its events")
def _made_id(session: Session) -> None:
    with session.peer() as peer:
        events = peer.run(session.translation(taskId=None))
        ids = {event.fields.get("taskId") for event in events}
        demand(len(ids) == 1 and None not in ids, f"the ids in the events: {ids}")


@LIFE.rule("messageId and conversationId are echoed")
def _echo(session: Session) -> None:
    with session.peer() as peer:
        ids = {"messageId": session.new_id(), "conversationId": session.new_id()}
        result = only(peer.run(session.translation(**ids)), "translation_completed").fields["result"]
        demand_equal("result.messageId", result["messageId"], ids["messageId"])
        [error] = of_type(peer.ask(session.translation(**ids, text=1)), "translation_error")
        demand_equal("ids of the error", {key: error.fields[key] for key in ids}, ids)


@LIFE.rule("a task that is not done within timeoutMs ends as expired, with deadline_exceeded")
def _deadline(session: Session) -> None:
    with session.peer() as peer:
        long = " ".join([session.subject.text] * 200)[:9000]
        events = peer.run(session.translation(text=long, timeoutMs=1))
        status = events[-1].fields["status"]
        if status == "completed":
            return  # it was fast enough
        demand_equal("status", status, "expired")
        demand_equal("errorCode", only(events, "translation_error").fields["errorCode"], "deadline_exceeded")


@LIFE.rule("each priority is served, and no other is known")
def _priority(session: Session) -> None:
    with session.peer() as peer:
        for priority in ("high", "normal", "low"):
            only(peer.run(session.translation(priority=priority)), "translation_completed")
        error = only(peer.ask(session.translation(priority="urgent")), "translation_error").fields
        if "priority" not in error["error"]:
            raise Broken(f"the sentence does not name the field: {error['error']}")
