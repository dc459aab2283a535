"""Base64 as programs print it: in one line or in many, with its padding or without, in either alphabet.

A long text is decoded in pieces of some milliseconds. `binascii` holds Python's lock for as long as it decodes: 16 MiB
at once take a fifth of a second, in which nothing else moves, whichever thread it is.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterator

from dragoman_wire.errors import InvalidRequest

AT_ONCE_CHARS = 1 << 18
_WHITE_SPACE = b" \t\r\n\v\f"
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_GROUP = 4
_MOST_PADDING = 2


class Base64Text:
    """A recording in base64.

    Args:
        name: of the field, for errors.
        text: base64, or a `data:` URL of it.
    """

    def __init__(self, name: str, text: str) -> None:
        self._name = name
        self._text = text
        self._start = text.find(",") + 1 or len(text) if text[:5] == "data:" else 0

    @property
    def is_long(self) -> bool:
        """Return whether decoding it at once would hold up everything else."""
        return len(self._text) > AT_ONCE_CHARS

    def decoded(self) -> bytes:
        """Return the bytes.

        Raises:
            InvalidRequest: it is no base64, or holds nothing; the sentence names the field.
        """
        return b"".join(self.pieces())

    def pieces(self) -> Iterator[bytes]:
        """Yield the bytes in pieces, each after some milliseconds of work; raise as `decoded` does."""
        rest, padding, size = b"", 0, 0
        for start in range(self._start, len(self._text), AT_ONCE_CHARS):
            signs = self._signs(self._text[start : start + AT_ONCE_CHARS])
            body = signs.rstrip(b"=")
            if (padding and body) or b"=" in body:
                raise self._error("there are signs behind its padding")
            padding += len(signs) - len(body)
            body = rest + body
            whole = len(body) - len(body) % _GROUP
            rest = body[whole:]
            size += whole
            yield self._bytes(body[:whole])
        if padding > _MOST_PADDING or len(rest) == 1 or (padding and len(rest) + padding != _GROUP):
            raise self._error("its length is not that of whole bytes")
        if not size and not rest:
            raise InvalidRequest(f"{self._name}: the recording is empty")
        yield self._bytes(rest + b"=" * (-len(rest) % _GROUP))

    def _signs(self, text: str) -> bytes:
        try:
            return text.encode("ascii").translate(_URL_SAFE, _WHITE_SPACE)
        except UnicodeEncodeError as error:
            raise self._error(f"it has the sign {text[error.start]!r}") from error

    def _bytes(self, signs: bytes) -> bytes:
        try:
            return binascii.a2b_base64(signs, strict_mode=True) if signs else b""
        except binascii.Error as error:
            raise self._error(str(error)) from error

    def _error(self, problem: str) -> InvalidRequest:
        return InvalidRequest(f"{self._name}: the text is no base64: {problem}")
