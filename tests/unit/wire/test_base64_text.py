"""Base64 as programs print it."""

import base64
import random

import pytest

from dragoman_wire.base64_text import AT_ONCE_CHARS, Base64Text
from dragoman_wire.errors import InvalidRequest

# Of every length modulo 3, short and over several pieces; with all bytes, so that both alphabets differ.
RECORDINGS = [bytes(range(256)) * times + b"end"[:more] for times in (1, 3000) for more in range(3)]


def variants(data: bytes) -> dict[str, str]:
    plain, url_safe = base64.b64encode(data).decode(), base64.urlsafe_b64encode(data).decode()
    wrapped = base64.encodebytes(data).decode()
    return {
        "plain": plain,
        "as base64 prints it": wrapped,
        "with Windows line ends": wrapped.replace("\n", "\r\n"),
        "without padding": plain.rstrip("="),
        "url-safe": url_safe,
        "url-safe without padding, wrapped": base64.encodebytes(data)
        .translate(bytes.maketrans(b"+/", b"-_"))
        .decode()
        .rstrip("=\n"),
        "a URL": f"data:audio/ogg;codecs=opus;base64,{plain}",
        "with a final newline": plain + "\n",
        "with spaces around": f"  {plain}\t",
    }


@pytest.mark.parametrize("data", RECORDINGS, ids=len)
def test_every_way_of_printing_gives_the_bytes(data: bytes) -> None:
    for name, text in variants(data).items():
        assert Base64Text("audioData", text).decoded() == data, name


@pytest.mark.parametrize("at", [AT_ONCE_CHARS + shift for shift in range(-3, 4)])
def test_padding_may_be_cut_by_the_end_of_a_piece(at: int) -> None:
    for padding in (0, 1, 2):
        data = random.Random(at).randbytes(at // 4 * 3 - padding)
        lead = " " * (at % 4)
        assert Base64Text("audioData", lead + base64.b64encode(data).decode()).decoded() == data


@pytest.mark.parametrize(
    "text",
    [
        "not base64!",
        "QUJDR",
        "ÄÖ==",
        "Q===",
        "====",
        "QQ==QQ==",
        "QUJD=",
        "QUJDRA=",
        "QU\0JD",
        "QUJD" * AT_ONCE_CHARS + "!",
    ],
    ids=lambda text: text[-8:],
)
def test_what_is_no_base64_is_refused_by_the_name_of_its_field(text: str) -> None:
    with pytest.raises(InvalidRequest, match=r"^audioData: the text is no base64: \S"):
        Base64Text("audioData", text).decoded()


@pytest.mark.parametrize("text", ["", " \n", "data:audio/wav;base64,", "data:nothing"])
def test_nothing_is_told_from_no_base64(text: str) -> None:
    with pytest.raises(InvalidRequest, match=r"^audioData: the recording is empty$"):
        Base64Text("audioData", text).decoded()


def test_a_long_text_comes_in_pieces_of_a_bounded_length() -> None:
    data = random.Random(1).randbytes(AT_ONCE_CHARS * 3)
    text = Base64Text("audioData", base64.encodebytes(data).decode())
    assert text.is_long
    pieces = list(text.pieces())
    assert b"".join(pieces) == data
    assert max(map(len, pieces)) <= AT_ONCE_CHARS
