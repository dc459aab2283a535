"""Whatever a peer sends, it gets its error event, and the server serves the next request."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import msgpack
import psutil
import pytest
import zmq
from zmq.utils.monitor import recv_monitor_message

from tests.harness import ECHO, PATIENCE_S, Message, Peer, ServerProcess, connected, running_server

MIB = 1 << 20
LIMITS = {"limits__request_bytes": 12 * MIB}
WARM_UP = 4_000
BAD_MESSAGES = 20_000
BURST = 500
MOST_GROWTH_MIB = 4.0

VALID: dict[str, Any] = {"type": "translation", "text": "Hi.", "sourceLanguage": "en", "targetLanguages": ["pt"]}
RANDOM = random.Random(7)


def header(**changes: Any) -> bytes:
    """A good translation request with something changed."""
    return json.dumps(VALID | changes).encode()


UNREADABLE = {
    "nothing": b"",
    "white space": b"   ",
    "random bytes": b"\xc1" + RANDOM.randbytes(200),
    "a JSON array": b"[1, 2, 3]",
    "a JSON string": b'"text"',
    "truncated JSON": header()[:-5],
    "two JSON objects": header() * 2,
    "JSON that is no UTF-8": b'{"text": "\xff\xfe"}',
    "JSON in UTF-16": header().decode().encode("utf-16"),
    "JSON with NaN": b'{"type": "ping", "timestamp": NaN}',
    "JSON with a number past all numbers": b'{"type": "ping", "timestamp": 1e999}',
    "JSON nested without end": b'{"a":' + b"[" * 100_000,
    "JSON nested too deep": b'{"a":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    "JSON with half a surrogate pair": b'{"text": "\\ud800", "targetLanguages": ["pt"]}',
    "JSON with a number of 401 digits": b'{"type": "ping", "timestamp": ' + b"9" * 401 + b"}",
    "JSON with such a number in a field that is not read": b'{"type": "ping", "x": [{"y": ' + b"1" * 401 + b"}]}",
    "JSON with a number of 5,000 digits": b'{"type": "ping", "x": ' + b"9" * 5000 + b"}",
    "msgpack with NaN": msgpack.packb({"type": "ping", "timestamp": float("nan")}),
    "msgpack with an infinity far inside": msgpack.packb({"type": "ping", "x": [{"y": [-float("inf")]}]}),
    "msgpack with a short NaN": b"\x82\xa4type\xa4ping\xa1x\xca\x7f\xc0\x00\x00",
    "truncated msgpack": msgpack.packb(VALID)[:-5],
    "a msgpack array": msgpack.packb([1, 2, 3]),
    "a msgpack nil": b"\xc0",
    "msgpack with a surrogate": msgpack.packb({"text": "\ud800"}, unicode_errors="surrogatepass"),
    "msgpack with a number for a key": msgpack.packb({1: 2}),
    "msgpack that claims 4,294,967,295 entries": b"\xdf\xff\xff\xff\xff",
    "msgpack nested without end": b"\x81\xa1a" + b"\x91" * 100_000,
    "msgpack with more after its end": msgpack.packb(VALID) + b"\x00",
}

WRONG = {
    "no text": (b'{"targetLanguages": ["pt"]}', "text: the field is missing"),
    "no languages": (b'{"text": "Hi."}', "targetLanguages: the field is missing"),
    "no fields at all": (b"{}", "text: the field is missing"),
    "no fields at all, msgpack": (b"\x80", "text: the field is missing"),
    "a number for the text": (header(text=5), "text: Expected `str`, got `int`"),
    "null for the text": (header(text=None), "text: Expected `str`, got `null`"),
    "bytes for the text": (msgpack.packb(VALID | {"text": b"Hi."}), "text: Expected `str`, got `bytes`"),
    "an empty text": (header(text=""), "text: the field is empty"),
    "a text for the languages": (header(targetLanguages="pt"), "targetLanguages: Expected `array`"),
    "an empty list of languages": (header(targetLanguages=[]), "targetLanguages: Expected `array` of length >= 1"),
    "an empty language": (header(targetLanguages=[""]), "targetLanguages[0]"),
    "an unknown priority": (header(priority="urgent"), "priority: Invalid enum value 'urgent'"),
    "a time limit past all integers": (header(timeoutMs=10**30), "timeoutMs: Expected `int` <= "),
    "a time limit of 2**64 - 1": (msgpack.packb(VALID | {"timeoutMs": 2**64 - 1}), "timeoutMs: Expected `int` <= "),
    "a negative time limit": (header(timeoutMs=-1), "timeoutMs: Expected `int` >= 1"),
    "an empty replyTo": (header(replyTo=""), "replyTo: "),
    "a blank in replyTo": (header(replyTo="a b"), "replyTo: "),
    "a line break after replyTo": (header(replyTo="a\n"), "replyTo: "),
    "a replyTo of 65 characters": (header(replyTo="x" * 65), "replyTo: "),
    "a number for replyTo": (header(replyTo=5), "replyTo: Expected `str | null`, got `int`"),
    "an empty taskId": (header(taskId=""), "taskId: "),
    "a taskId of 129 characters": (header(taskId="x" * 129), "taskId: "),
    "a number for the type": (header(type=5), "type: expected `str`, got `int`"),
    "a list for a ping's timestamp": (b'{"type": "ping", "timestamp": []}', "timestamp: Expected "),
    "a cancellation of nothing": (b'{"type": "cancel"}', "taskId: the field is missing"),
}

UNUSUAL = {
    "a NUL": "before\0after",
    "right to left": "\u202e\u05e9\u05dc\u05d5\u05dd",
    "emoji of several code points": "\U0001f469\u200d\U0001f469\u200d\U0001f467 family",
    "past the basic plane": "\U00010348 gothic",
    "private use and a non-character": "x\ue000\uffff",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with running_server(tmp_path_factory.mktemp("strict"), **ECHO, **LIMITS) as one:
        yield one.wait_ready()


@pytest.fixture(scope="module")
def connection(server: ServerProcess) -> Iterator[Peer]:
    with connected(server) as one:
        yield one


@pytest.fixture
def peer(connection: Peer, request: pytest.FixtureRequest) -> Peer:
    """One that has heard what was published for the others before."""
    connection.send({"type": "ping", "taskId": request.node.name[:100]})
    connection.collect(lambda message: message.fields.get("taskId") == request.node.name[:100])
    return connection


def assert_alive(peer: Peer) -> None:
    """The next event is the pong: the server serves on, and nothing was answered twice."""
    peer.send({"type": "ping", "taskId": "alive"})
    pong = peer.receive()
    assert (pong.type, pong.fields["taskId"]) == ("pong", "alive")


def refusal(peer: Peer, *frames: bytes) -> Message:
    """The one event that answers these frames."""
    peer.send_raw(*frames)
    answer = peer.receive()
    assert_alive(peer)
    return answer


@pytest.mark.parametrize("name", UNREADABLE)
def test_an_unreadable_header_is_rejected(peer: Peer, name: str) -> None:
    answer = refusal(peer, UNREADABLE[name])
    assert answer.type == "request_rejected"
    assert answer.fields["errorCode"] == "invalid_request"
    assert answer.fields["error"].startswith("the header is ")
    assert len(answer.fields["error"]) < 300


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_field_is_named(peer: Peer, name: str) -> None:
    wrong, sentence = WRONG[name]
    answer = refusal(peer, wrong)
    assert answer.type in ("translation_error", "request_rejected")
    assert answer.fields["errorCode"] == "invalid_request"
    assert answer.fields["error"].startswith(sentence)
    assert answer.fields["retryable"] is False


@pytest.mark.parametrize("codec", ["json", "msgpack"])
@pytest.mark.parametrize("name", UNUSUAL)
def test_unusual_text_comes_back_as_it_was(server: ServerProcess, name: str, codec: str) -> None:
    with connected(server, codec=codec) as peer:
        peer.send(VALID | {"text": f"x{UNUSUAL[name]}x", "messageId": UNUSUAL[name]})
        answer = peer.receive()
        assert_alive(peer)
    assert answer.fields["result"]["translatedText"] == f"[pt] x{UNUSUAL[name]}x"
    assert answer.fields["result"]["messageId"] == UNUSUAL[name]


def test_a_timestamp_of_any_size_is_echoed(peer: Peer) -> None:
    for timestamp in (0, -1, 2**53, 2**63, 2**64 + 1, 10**300, 1.5, "today"):
        peer.send({"type": "ping", "timestamp": timestamp})
        assert peer.receive().fields["timestamp"] == timestamp


@pytest.mark.parametrize("kind", ["nope", "voice", "__proto__", "\0", "x" * 10_000])
def test_an_unknown_type_is_refused_with_the_type_in_the_sentence(peer: Peer, kind: str) -> None:
    answer = refusal(peer, header(type=kind, taskId="t"))
    assert (answer.type, answer.fields["errorCode"]) == ("request_rejected", "unknown_type")
    assert answer.fields["taskId"] == "t"
    assert repr(kind[:100])[:-1] in answer.fields["error"]
    assert len(answer.fields["error"]) < 300


@pytest.mark.parametrize(
    ("frames", "sentence"),
    [
        ([header(text="x" * 10_000_000)], "the header has 10000086 bytes; the limit header_bytes is 1048576"),
        ([header(), *[b"x"] * 9], "the request has 9 binary frames; the limit frames is 8"),
        ([header(), *[bytes(5 * MIB)] * 3], f"bytes; the limit request_bytes is {12 * MIB}"),
        (
            [header(targetLanguages=[f"l{number}" for number in range(1000)])],
            "targetLanguages has 1000 entries; the limit languages is 64",
        ),
    ],
    ids=["header", "frames", "bytes", "languages"],
)
def test_what_is_too_large_is_refused_with_the_limit_and_the_size(
    peer: Peer, frames: list[bytes], sentence: str
) -> None:
    answer = refusal(peer, *frames)
    assert answer.fields["errorCode"] == "too_large"
    assert sentence in answer.fields["error"]


def test_a_frame_past_every_limit_costs_its_sender_the_connection_and_no_other_peer(
    server: ServerProcess, peer: Peer
) -> None:
    before = server.stats()["messages"]
    with connected(server) as offender:
        monitor = offender.push.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        offender.send_raw(header(), bytes(14 * MIB))
        assert monitor.poll(round(PATIENCE_S * 1000))
        assert recv_monitor_message(monitor)["event"] == zmq.EVENT_DISCONNECTED
        offender.push.disable_monitor()
        peer.send({"type": "ping", "taskId": "another peer"})
        peer.collect(lambda message: message.fields.get("taskId") == "another peer")
        offender.send({"type": "ping", "taskId": "connected again"})
        offender.collect(lambda message: message.fields.get("taskId") == "connected again")
    after = server.stats()
    assert after["messages"]["rejected"] == before["rejected"]
    assert "translation" not in after["active_tasks"]["types_breakdown"]


def send_bad(peer: Peer, count: int) -> None:
    """So many bad messages in bursts, each burst answered before the next."""
    bad = [*UNREADABLE.values(), *(wrong for wrong, _ in WRONG.values()), header(type="nope")]
    for begin in range(0, count, BURST):
        for number in range(begin, begin + BURST):
            peer.send_raw(bad[number % len(bad)])
        for _ in range(BURST):
            assert "errorCode" in peer.receive().fields


def test_twenty_thousand_bad_messages_leave_the_memory_as_it_was(server: ServerProcess, peer: Peer) -> None:
    process = psutil.Process(server.process.pid)
    send_bad(peer, WARM_UP)
    before = process.memory_info().rss
    send_bad(peer, BAD_MESSAGES)
    grown_mib = (process.memory_info().rss - before) / MIB
    assert_alive(peer)
    assert grown_mib < MOST_GROWTH_MIB
    assert server.stats()["active_tasks"]["total_active"] == 0


def test_a_hundred_huge_headers_leave_the_memory_as_it_was(server: ServerProcess, peer: Peer) -> None:
    huge = header(text="x" * 10_000_000)
    process = psutil.Process(server.process.pid)

    def send_many(count: int) -> int:
        for _ in range(count):
            peer.send_raw(huge)
            assert peer.receive().fields["errorCode"] == "too_large"
        return int(process.memory_info().rss)

    before = send_many(10)
    assert (send_many(100) - before) / MIB < MOST_GROWTH_MIB
