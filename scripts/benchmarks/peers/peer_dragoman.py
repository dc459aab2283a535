"""Dragoman as a peer of a comparison of servers: the same small service, on the `echo` engine.

A file with `VARIANTS`, `processes` and `client` is what the comparison's runner asks of a peer. A request of its own
becomes a `translation`, one with a payload a `transcription_only` whose recording is the payload; that all of the
payload arrived is told by the length of the recording in the answer.

Variant `cached`: answered from the cache. Variant `echo`: every request goes to the engine's process and back. Variant
`routed`: as `cached`, with `replyTo` and the journal. Variant `carried`: a payload comes with the phone's own
transcription, so that nothing has to be done with it.
"""

from __future__ import annotations

import itertools
import sys
from typing import Any

import msgpack
import msgspec
from common import FILLER, HOST, TEXT_LENGTH, Context
from zmq_client import ZmqClient

VARIANTS = ["cached", "echo", "routed", "carried"]
PEER = "bench"
KNOWN_TEXTS = 1000
"""Different texts that the cache knows, in `cached` and `routed`."""
KINDS = ("decoder", "transcription", "translation", "speech")
BYTES_PER_MS = 32
"""Of the samples that the `echo` engine takes a recording for: 16 kHz, 16 bits."""


def processes(context: Context) -> list[list[str]]:
    """Return the server, with its log, its limits and its journal as they are by default."""
    requests, events, routed, ops = context.ports
    settings = {
        "server.state_dir": f"{context.workdir}/state",
        "sockets.requests": f"tcp://{HOST}:{requests}",
        "sockets.events": f"tcp://{HOST}:{events}",
        "sockets.routed": f"tcp://{HOST}:{routed}",
        "sockets.ops": f"http://{HOST}:{ops}",
        **{f"engines.{kind}.model": "echo" for kind in KINDS},
    }
    flags = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
    return [[sys.executable, "-m", "dragoman_server", "serve", *flags]]


def client(context: Context) -> DragomanClient:
    """For the load generator."""
    return DragomanClient(context)


class _Transcription(msgspec.Struct, rename="camel"):
    duration_ms: int


class _Event(msgspec.Struct, rename="camel"):
    """What has to be read of an event; the rest is skipped."""

    type: str
    task_id: str
    transcription: _Transcription | None = None


_decode = msgspec.msgpack.Decoder(_Event).decode


class DragomanClient(ZmqClient):  # type: ignore[misc] - the comparison's code is not ours and has no types
    """The comparison's requests in our words, and our events in its."""

    def __init__(self, context: Context) -> None:
        requests, events, routed, _ = context.ports
        routes = context.variant == "routed"
        super().__init__(requests, routed if routes else events)
        self._new_texts = context.variant == "echo"
        self._carried = context.variant == "carried"
        common = {"sourceLanguage": "en", "targetLanguages": ["fr"]}
        if routes:
            common["replyTo"] = PEER
        if self._new_texts:
            common["cache"] = "off"
        self._common = common
        self._texts = itertools.cycle([f"{number:09d} {FILLER}"[:TEXT_LENGTH] for number in range(KNOWN_TEXTS)])
        self._passed = {"accepted", "translation_completed", "transcription_completed"} if routes else {"accepted"}
        """Events that are not a task's last."""
        self._sizes: dict[str, int] = {}
        """What has arrived of payloads whose tasks are not yet finished."""

    def encode(self, request: dict[str, Any], blob: bytes | None) -> list[bytes]:
        """Frames of a request."""
        header = {"taskId": request["taskId"], **self._common}
        if blob is None:
            header["text"] = request["text"] if self._new_texts else next(self._texts)
            return [msgpack.packb(header)]
        header |= {"type": "transcription_only", "binaryFrames": {"audio": 1}}
        if self._carried:
            segment = {"text": request["text"], "endMs": len(blob) // BYTES_PER_MS}
            header["mobileTranscription"] = {"text": request["text"], "segments": [segment]}
        return [msgpack.packb(header), blob]

    def decode(self, frames: list[bytes]) -> dict[str, Any] | None:
        """Return a result; None for an event that more will follow."""
        event = _decode(frames[-1])
        if event.transcription is not None:
            self._sizes[event.task_id] = event.transcription.duration_ms * BYTES_PER_MS
        if event.type in self._passed:
            return None
        if event.type not in ("translation_completed", "transcription_completed", "task_finished"):
            raise AssertionError(f"not a result: {msgpack.unpackb(frames[-1])}")
        return {"taskId": event.task_id, "size": self._sizes.pop(event.task_id, 0)}
