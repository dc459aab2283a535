"""The sender of a message, its ids and its encoding: all that an answer needs, even to a broken request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from dragoman_wire.codec import Codec
from dragoman_wire.families import FAMILIES
from dragoman_wire.requests import PeerId, Request, TaskId


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """The return address of one request. An id that the request did not carry in good form is None."""

    request_type: str | None
    """Canonical: an alias is already resolved. None where the header could not be read."""
    codec: Codec
    task_id: str | None = None
    reply_to: str | None = None
    message_id: str | None = None
    conversation_id: str | None = None
    attachment_id: str | None = None
    sender_id: str | None = None
    languages: tuple[str, ...] = ()
    post_id: str | None = None
    post_media_id: str | None = None
    text_object_index: int | None = None
    request_id: str | None = None
    user_id: str | None = None

    @property
    def ids(self) -> dict[str, str]:
        """Return the ids by which the peer knows the request, for logs; those that it did not send are left out."""
        ids = {}
        # Spelled out, for every line in the log asks.
        if self.task_id is not None:
            ids["task_id"] = self.task_id
        if self.reply_to is not None:
            ids["reply_to"] = self.reply_to
        if self.message_id is not None:
            ids["message_id"] = self.message_id
        if self.conversation_id is not None:
            ids["conversation_id"] = self.conversation_id
        if self.attachment_id is not None:
            ids["attachment_id"] = self.attachment_id
        if self.sender_id is not None:
            ids["sender_id"] = self.sender_id
        return ids


def envelope_of_request(request_type: str, request: Request, codec: Codec) -> Envelope:
    """Build the return address of a well-formed request."""
    return Envelope(
        request_type=request_type,
        codec=codec,
        task_id=request.task_id,
        reply_to=request.reply_to,
        message_id=request.message_id,
        conversation_id=request.conversation_id,
        attachment_id=request.attachment_id,
        sender_id=request.sender_id,
        languages=tuple(request.languages),
        post_id=getattr(request, "post_id", None),
        post_media_id=getattr(request, "post_media_id", None),
        text_object_index=getattr(request, "text_object_index", None),
    )


def envelope_of_fields(fields: Mapping[str, Any], codec: Codec) -> Envelope:
    """Return the return address of a request that may be broken, made of the fields that are well-formed."""
    kind = FAMILIES.canonical_type(fields) if fields else None
    return Envelope(
        request_type=kind[:128] if isinstance(kind, str) else None,
        codec=codec,
        task_id=_good(fields.get("taskId"), TaskId),
        reply_to=_good(fields.get("replyTo"), PeerId),
        message_id=_good(fields.get("messageId"), str),
        conversation_id=_good(fields.get("conversationId"), str),
        attachment_id=_good(fields.get("attachmentId"), str),
        sender_id=_good(fields.get("senderId"), str),
        languages=_languages(fields.get("targetLanguages")),
        post_id=_good(fields.get("postId"), str),
        post_media_id=_good(fields.get("postMediaId"), str),
        text_object_index=_good(fields.get("textObjectIndex"), int),
        request_id=_good(fields.get("request_id"), str),
        user_id=_good(fields.get("user_id"), str),
    )


def _good(value: Any, kind: Any) -> Any:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return None


def _languages(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > 128:
        return ()
    return tuple(dict.fromkeys(each for each in value if isinstance(each, str) and 0 < len(each) <= 35))
