"""Finds identifiers: long numbers, codes, hashes, file names, branches, versions, telephone numbers.

A model spells such a word piece by piece, and now and then another piece comes out: of forty digits one is changed in
most sentences. What is short, or may be an ordinary word or an amount, is left to the model; `numbers` looks at it
afterwards.

Everything here is linear in the text: a word is looked at by patterns that repeat one set of characters each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_WORD = re.compile(r"[\w+/=.:~@%#\\-]{2,}")
"""What a blank, a bracket, a quotation mark or a comma ends."""
_SURELY_NONE = re.compile(r"[a-zA-Z]?[a-z'\u2019]*")
_PLAIN_WORDS = re.compile(
    r"[A-Z]?[^\W\dA-Z_]*+(?:[ ,;!?'\"()\u2018-\u201d\r\n-]++[A-Z]?[^\W\dA-Z_]*+|[.:](?=[ \r\n]|\Z)[A-Z]?)*+"
)
_HEX_LETTERS = re.compile(r"[a-f]{7}")
_GROUP = re.compile(r"[^\W_]+")
_DIGITS = re.compile(r"\d+")

_FILE_ENDINGS = (
    "7z aac apk asc avi avif bak bash bat bin bmp bz2 cfg cmake conf cpp crt css csv db deb dll dmg doc docx dot"
    " env epub exe flac gif gitignore gpg gz h5 heic hpp htm html ico ini ipynb iso jar java jpeg jpg js json"
    " jsonl jsx key kt less lock log lua m4a md mdx mjs mkv mobi mov mp3 mp4 mpeg mpg msi msg ndjson numbers odp"
    " ods odt ogg onnx opus otf pages parquet pdf pem php pickle pkl png po pot ppt pptx ps1 psd py pyc pyi rar"
    " raw rb rpm rs rst rtf sass scss sh sql sqlite srt ssa svg swift tar tex tgz tiff tmp toml ts tsv tsx ttf txt"
    " vtt vue wasm wav webm webp whl wma wmv woff woff2 xcf xhtml xls xlsx xml xz yaml yml zip zst"
)
_FILE = re.compile(r".*[\w)\]]\.(?:" + "|".join(_FILE_ENDINGS.split()) + ")", re.IGNORECASE | re.DOTALL)
_BRANCHES = "origin upstream feature features feat bugfix hotfix refs heads remotes chore dependabot renovate refactor"
_FOLDERS = (
    "fix release releases test tests docs doc build ci perf style revert user users tag tags main master develop"
    " dev src lib libs bin usr etc home var tmp opt app apps dist node_modules packages scripts server client"
    " config public assets static images img data include vendor"
)
_BRANCH_ROOTS, _MAYBE_ROOTS = frozenset(_BRANCHES.split()), frozenset(_FOLDERS.split())
"""How names of branches begin; and words that begin paths, or are one of two words with a slash between them."""
_UUID = re.compile(r"\{?[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}?")
_COLONS = re.compile(r"[0-9A-Fa-f:]{5,}(?:%\w{1,20})?")
_HEX = re.compile(r"[0#]?[xX]?(?=[0-9A-Fa-f]{6})[0-9A-Fa-f]+|0[xXbBoO][0-9A-Fa-f]+")
_HEX_WORDS = frozenset(["acceded", "defaced", "effaced"])
"""The words of more than six letters that are hexadecimal as well."""
_VERSION = re.compile(r"[vV]?\d{1,6}\.\d{1,9}\.\d{1,9}[\w.+~-]*|[vV]\d{1,6}(?:\.(?:\d{1,9}|x)){0,6}")
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:\.\d{3}){2,4}")
_ADDRESS_GROUPS, _ADDRESS_MOST = 4, 255
_DOTTED = re.compile(r"[^\W\d]\w+(?:\.[^\W\d]\w+){2,}")
_AMOUNT = re.compile(r"\d{1,3}(?:[.,\u00a0 ]\d{3})+(?:[.,]\d{1,6})?|\d{1,6}[.,]\d{1,9}|\d{1,6}")
_WITH_UNIT = re.compile(r"\d{1,6}[a-z]{1,4}|\d{1,6}[A-Z]{1,2}|\d{1,4}[kMGT]?[A-Za-z]{1,3}")
_RANGE = re.compile(r"(\d{1,4})[-/](\d{1,4})")
_CODE_GROUP = re.compile(r"[A-Z]+|\d+|[A-Z]*\d[A-Z\d]*")
_HUMPS = re.compile(r"[A-Z]?[a-z]+(?:[A-Z][a-z]*)?|[A-Z]+s?|[a-z][A-Z]+[a-z]?|[A-Z][a-z]*[A-Z]+s?")
"""The shapes of words and names: `word`, `Word`, `McDonald`, `JavaScript`, `CEOs`, `mRNA`, `PhD`."""
_CAMEL = re.compile(r"[a-z]{2,}[A-Z][A-Za-z0-9]*")
_SPELLED = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")
"""Base64, plain or for addresses."""
_TIME = re.compile(r"\d{1,2}[:h]\d{2}(?:min|m|s|[:.,]\d{1,6}|[-/]\d{1,2}[:h]\d{2})*", re.IGNORECASE)
_LONG_DIGITS = 7
_MIXED_CHARS = 6
_ODD_CHARS = 8

_TELEPHONE = re.compile(
    r"(?<![\w.,+-])(?:\+\s?\d{1,4}|\(\+?\d{1,5}\)|\d{2,7})(?:[ .\u00a0/-]{1,2}(?:\d{1,7}|\(\d{1,5}\))){1,8}(?![\w%])"
)
_ACCOUNT = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?:[ \u00a0-][A-Z0-9]{4}){2,7}(?:[ \u00a0-][A-Z0-9]{1,4})?(?!\w)")
_NAMED = re.compile(
    r"(?<!\w)(?:versions?|vers[ãõ](?:o|es)|release|build|Python|Java|Node|iOS|iPadOS|Android|macOS|Ubuntu|Debian|Fedora"
    r"|PHP|Ruby|HTTP|TLS|SSL|USB|Bluetooth|kernel)[ /-]v?(?P<number>\d{1,4}(?:\.\d{1,4}){1,4})(?![\w,])"
)
"""A version of two numbers is a decimal number but for the word before it."""
_TICKET = re.compile(r"(?<![\w&#/])#\d{2,}(?!\w)")


def find_identifiers(text: str) -> list[tuple[int, int]]:
    """Return the places [start, end) of identifiers, in order; none overlaps another."""
    if _PLAIN_WORDS.fullmatch(text) and not _HEX_LETTERS.search(text):
        return []  # only words in small letters, some with a capital: most messages of a chat
    found = [*_in_groups(text), *_words(text)]
    return list(_apart(sorted(found, key=lambda place: (place[0], -place[1]))))


def _apart(places: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Join the places that touch."""
    last: tuple[int, int] | None = None
    for place in places:
        if last is not None and place[0] < last[1]:
            last = (last[0], max(last[1], place[1]))
            continue
        if last is not None:
            yield last
        last = place
    if last is not None:
        yield last


def _in_groups(text: str) -> Iterator[tuple[int, int]]:
    """Yield numbers and codes with blanks in them, and those that the word before them marks as one."""
    if not _DIGITS.search(text):
        return
    yield from (found.span() for found in _ACCOUNT.finditer(text))
    yield from (found.span("number") for found in _NAMED.finditer(text))
    yield from (found.span() for found in _TICKET.finditer(text))
    for found in _TELEPHONE.finditer(text):
        if _is_number_of_groups(found[0]):
            yield found.span()


def _is_number_of_groups(text: str) -> bool:
    groups = _DIGITS.findall(text)
    digits = sum(map(len, groups))
    if digits < _LONG_DIGITS or _AMOUNT.fullmatch(text):
        return False
    if text[0] in "+(":
        return True
    if len(groups) == 2:
        return not _RANGE.fullmatch(text) or len(groups[0]) != len(groups[1])
    return True


def _words(text: str) -> Iterator[tuple[int, int]]:
    for found in _WORD.finditer(text):
        word = found[0]
        if _SURELY_NONE.fullmatch(word) and not _HEX_LETTERS.match(word):
            continue
        core = word.rstrip(".:-~%#\\/@").lstrip("=:-%@#") if len(word) > 2 else word
        if "=" in core and not _SPELLED.fullmatch(core.rstrip("=") or core):
            core = core.rstrip("=")
        if core and is_identifier(core):
            start = found.start() + word.index(core)
            yield start, start + len(core)


def is_identifier(word: str) -> bool:
    """Return whether a word without a blank is surely no word of a language, and no amount."""
    if _TIME.fullmatch(word):
        return False
    return _has_a_form(word) or _is_made_of(word, _GROUP.findall(word))


def _has_a_form(word: str) -> bool:
    """Return whether it is written as only one kind of identifier is."""
    if _is_of_thousands(word):
        return False
    if _UUID.fullmatch(word) or _VERSION.fullmatch(word) or _is_of_colons(word) or _is_hexadecimal(word):
        return True
    if "." in word and (_FILE.fullmatch(word) or _DOTTED.fullmatch(word)):
        return True
    return ("/" in word or "\\" in word) and _is_path(word)


def _is_of_thousands(word: str) -> bool:
    """Return whether it is `1.250.000`, an amount in most languages, and no address as `192.168.100.200` is."""
    if not _THOUSANDS.fullmatch(word):
        return False
    groups = word.split(".")
    return len(groups) != _ADDRESS_GROUPS or any(group[0] == "0" or int(group) > _ADDRESS_MOST for group in groups)


def _is_made_of(word: str, groups: Sequence[str]) -> bool:
    """Return whether its letters and digits form neither a word nor an amount."""
    if not any(map(str.isdigit, word)):
        return any(map(_is_oddly_cased, groups)) or _is_base64(word)
    if not any(map(str.isalpha, word)):
        return _is_long_number(word, groups)
    return _is_code(word, groups)


def _is_of_colons(word: str) -> bool:
    """Return whether it is the address of a network card, or of IPv6."""
    return (word.count(":") >= 4 or ("::" in word and len(word) > 4)) and _COLONS.fullmatch(word) is not None


def _is_hexadecimal(word: str) -> bool:
    if not _HEX.fullmatch(word):
        return False
    if word[:2].lower() in ("0x", "0b", "0o"):
        return True
    digits = sum(map(str.isdigit, word))
    if digits == len(word):
        return digits >= _LONG_DIGITS
    if digits:
        return True
    return len(word) > _MIXED_CHARS and word in (word.lower(), word.upper()) and word.lower() not in _HEX_WORDS


def _is_path(word: str) -> bool:
    segments = [segment for segment in re.split(r"[/\\]", word) if segment]
    if len(segments) < 2:
        return False
    first = segments[0]
    if first in ("~", ".", "..") or first in _BRANCH_ROOTS or re.match(r"[A-Za-z]:\\\w", word):
        return True
    if first in _MAYBE_ROOTS:
        return len(segments) > 2 or any(re.search(r"[-_.\d]", segment) for segment in segments)
    return len(segments) > 2 and "_" in word and word == word.lower()


def _is_oddly_cased(group: str) -> bool:
    if len(group) >= _MIXED_CHARS and _CAMEL.fullmatch(group):
        return True
    return len(group) >= _ODD_CHARS and group.isascii() and _HUMPS.fullmatch(group) is None


def _is_base64(word: str) -> bool:
    """Return whether a word is base64: only letters and its signs, at least one of these, no shape of a word."""
    return (
        _SPELLED.fullmatch(word) is not None
        and ("+" in word or word.endswith("=") or "/" in word)
        and re.search(r"[a-z][A-Z]|[A-Z]{2}[a-z]", word) is not None
    )


def _is_long_number(word: str, groups: Sequence[str]) -> bool:
    digits = sum(map(len, groups))
    if _AMOUNT.fullmatch(word):
        return False
    if len(groups) > 2:
        return digits > 4 or "." in word
    if _RANGE.fullmatch(word) and len(groups[0]) == len(groups[1]):
        return False
    return digits >= _LONG_DIGITS


def _is_code(word: str, groups: Sequence[str]) -> bool:
    """Return whether it is a word of letters and digits."""
    if any(_is_mixed(group) for group in groups) or any(map(_is_oddly_cased, groups)):
        return True
    if any(group.isdigit() and len(group) >= _LONG_DIGITS for group in groups):
        return True
    digits = sum(map(str.isdigit, word))
    if len(groups) > 1 and digits > 2 and all(map(_CODE_GROUP.fullmatch, groups)):
        return True
    if _SPELLED.fullmatch(word) and re.search(r"[+=]", word):
        return True
    return "_" in word.strip("_")


def _is_mixed(group: str) -> bool:
    """Return whether it has letters and digits, and is no amount with its unit."""
    if len(group) < _MIXED_CHARS or group.isdigit() or group.isalpha():
        return False
    return _WITH_UNIT.fullmatch(group) is None
