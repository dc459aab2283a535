"""Base64 as programs print it: in one line or in many, with its padding or without, in either alphabet."""

from __future__ import annotations

import binascii

from dragoman_wire.errors import InvalidRequest

_WHITE_SPACE = b" \t\r\n\v\f"
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_GROUP = 4
_MOST_PADDING = 2


def decode_base64(name: str, text: str) -> bytes:
    """Return the recording that a text holds.

    Args:
        name: of the field, for errors.
        text: base64, or a `data:` URL of it.

    Raises:
        InvalidRequest: it is no base64, or holds nothing; the sentence names the field.
    """
    if text.startswith("data:"):
        text = text.partition(",")[2]
    try:
        signs = text.encode("ascii").translate(_URL_SAFE, _WHITE_SPACE)
    except UnicodeEncodeError as error:
        raise _no_base64(name, f"it has the sign {text[error.start]!r}") from error
    if not signs:
        raise InvalidRequest(f"{name}: the recording is empty")
    body = signs.rstrip(b"=")
    padding, rest = len(signs) - len(body), len(body) % _GROUP
    if padding > _MOST_PADDING or rest == 1 or (padding and rest + padding != _GROUP):
        raise _no_base64(name, "its length is not that of whole bytes")
    try:
        return binascii.a2b_base64(body + b"=" * (-rest % _GROUP), strict_mode=True)
    except binascii.Error as error:
        raise _no_base64(name, str(error)) from error


def _no_base64(name: str, problem: str) -> InvalidRequest:
    return InvalidRequest(f"{name}: the text is no base64: {problem}")
