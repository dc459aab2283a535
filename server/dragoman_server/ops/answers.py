"""The form of answers."""

from __future__ import annotations

import msgspec
from aiohttp import web


def answer(document: object, status: int = 200, **headers: str) -> web.Response:
    """Answer with a JSON document that no cache on the way may keep: it is of this moment."""
    return web.Response(
        body=msgspec.json.encode(document),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", **headers},
    )


def refusal(status: int, sentence: str, **headers: str) -> web.Response:
    """Answer with an error, as a JSON document."""
    return answer({"error": sentence}, status, **headers)
