"""Why a recording is refused. The sentences are for the peer."""

from __future__ import annotations

from typing import ClassVar

from dragoman_wire.errors import AudioTooLong, AudioUndecodable, DragomanError, InvalidRequest, TooLarge


class DecodingError(Exception):
    """A recording that is refused for good."""

    public: ClassVar[type[DragomanError]]
    """What the peer is told."""


class UndecodableError(DecodingError):
    """The bytes are no audio, or not all of a recording."""

    public = AudioUndecodable


class TooLongError(DecodingError):
    """The audio is longer than the limit."""

    public = AudioTooLong


class TooMuchWorkError(DecodingError):
    """The audio has more samples in all its channels than the limit."""

    public = TooLarge


class NoSuchTrackError(DecodingError):
    """The request asks for an audio track that the recording does not have."""

    public = InvalidRequest
