"""Base64 as programs print it."""

import base64

import pytest

from dragoman_wire.base64_text import decode_base64
from dragoman_wire.errors import InvalidRequest

# Of every length modulo 3, with all bytes, so that both alphabets differ.
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
        assert decode_base64("audioData", text) == data, name


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
        "QUJD" * 100_000 + "!",
    ],
    ids=lambda text: text[-8:],
)
def test_what_is_no_base64_is_refused_by_the_name_of_its_field(text: str) -> None:
    with pytest.raises(InvalidRequest, match=r"^audioData: the text is no base64: \S"):
        decode_base64("audioData", text)


@pytest.mark.parametrize("text", ["", " \n", "data:audio/wav;base64,", "data:nothing"])
def test_nothing_is_told_from_no_base64(text: str) -> None:
    with pytest.raises(InvalidRequest, match=r"^audioData: the recording is empty$"):
        decode_base64("audioData", text)
