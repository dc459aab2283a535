"""An encoded event to the frames that leave, with or without a topic in front."""

from __future__ import annotations

from collections.abc import Sequence

from dragoman_wire.inbound import Buffer


def topic_of(reply_to: str) -> bytes:
    """Return the topic frame of a peer: its name and one NUL, so that `peer-1` never gets what is for `peer-10`."""
    return reply_to.encode("ascii") + b"\0"


def frames_of(header: bytes, reply_to: str | None, binaries: Sequence[Buffer]) -> list[Buffer]:
    """Return `[header, binary...]` for *events*, `[topic, header, binary...]` for *routed events*."""
    return [header, *binaries] if reply_to is None else [topic_of(reply_to), header, *binaries]
