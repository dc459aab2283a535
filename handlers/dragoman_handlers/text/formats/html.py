"""HTML: what is read on the page, and the attributes that are language. Everything else stays to the letter.

The file is cut into tags and text by the rules of the HTML standard's tokenizer. No library is used, for none says
where in the file an attribute or a text stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import escape, unescape

import msgspec

from dragoman_handlers.text.formats.document import (
    MOST_PARTS,
    Broken,
    Document,
    Inline,
    Kind,
    SkeletonDocument,
    Unit,
    Words,
    has_letters,
    plain_unit,
)
from dragoman_handlers.text.formats.inline import Part, Span, unit_of
from dragoman_wire.errors import TooLarge

_TAG = re.compile(
    r"<(?P<close>/?)(?P<name>[a-zA-Z][^\s/>]*+)"
    r"(?P<attributes>(?>\s+|/|=?[^\s/>=]++(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s\"'>][^\s>]*+))?+)*+)>"
)
_TAG_BEGINS = re.compile(r"</?[a-zA-Z]")
_ATTRIBUTE = re.compile(r"(?<![^\s/\"'])([^\s/>=\"']++)\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"'>]++))")
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_RAW = frozenset({"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"})
"""Elements in which no tag counts."""
_SILENT = frozenset(
    [
        "script",
        "style",
        "xmp",
        "iframe",
        "noembed",
        "noframes",
        "pre",
        "code",
        "kbd",
        "samp",
        "var",
        "tt",
        "svg",
        "math",
        "template",
        "object",
        "canvas",
    ]
)
"""Elements whose content is no language."""
_NAMES = frozenset(["code", "kbd", "samp", "var", "tt", "svg", "math"])
"""Those that stand in a sentence as a word does."""
_SPANS = frozenset(
    [
        "a",
        "abbr",
        "acronym",
        "b",
        "bdi",
        "bdo",
        "big",
        "cite",
        "data",
        "del",
        "dfn",
        "em",
        "font",
        "i",
        "ins",
        "mark",
        "nobr",
        "q",
        "ruby",
        "s",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "time",
        "u",
        "label",
        "button",
    ]
)
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]
)
_WORDS_OF = frozenset({"alt", "title", "placeholder", "aria-label", "aria-description", "aria-roledescription"})
_NAMES_OF_META = re.compile(
    r"(?:(?:og|twitter|dc|article):)?(?:title|description|image:alt|subject|abstract|keywords)\Z"
)


class _Token(msgspec.Struct, eq=False):
    kind: str
    """`text`, `open`, `close` or `other`."""
    start: int
    end: int
    name: str = ""
    partner: int = -1
    """Of an opening tag: the index of the closing one."""


def parse_html(text: str) -> Document:
    """Parse an HTML page, or a piece of one.

    Raises:
        Broken: a comment, a script or a tag does not end.
        TooLarge: it has too many parts.
    """
    return SkeletonDocument(list(html_skeleton(text)))


def html_skeleton(text: str) -> list[str | Unit]:
    """Return the skeleton of a page or of a piece of one; raises as `parse_html`."""
    return list(_Reader(text).skeleton())


class _Tokenizer:
    """Cuts a page into tokens that follow each other without a gap."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.tokens: list[_Token] = []
        self._opened: dict[str, list[int]] = {}
        self._reached = 0

    def read(self) -> list[_Token]:
        text, at = self._text, 0
        while (at := text.find("<", at)) >= 0:
            if text.startswith(("<!", "<?"), at):
                self._add(_Token("other", at, _other_end(text, at)))
                at = self._reached
            elif _TAG_BEGINS.match(text, at):
                at = self._tag(at)
            else:
                at += 1
        if self._reached < len(text):
            self.tokens.append(_Token("text", self._reached, len(text)))
        return self.tokens

    def _add(self, token: _Token) -> None:
        if token.start > self._reached:
            self.tokens.append(_Token("text", self._reached, token.start))
        if len(self.tokens) >= 2 * MOST_PARTS:
            raise TooLarge(f"the document has more than {2 * MOST_PARTS} parts; send it in pieces")
        self.tokens.append(token)
        self._reached = token.end

    def _tag(self, at: int) -> int:
        """Read a tag; return the place after it, and after the text of an element in which no tag counts."""
        match = _TAG.match(self._text, at)
        if match is None:
            raise Broken("HTML", "a tag is not closed", self._text, at)
        name = match["name"].lower()
        self._add(_Token("close" if match["close"] else "open", at, match.end(), name))
        if match["close"]:
            if self._opened.get(name):
                self.tokens[self._opened[name].pop()].partner = len(self.tokens) - 1
            return match.end()
        if name not in _VOID and not match["attributes"].endswith("/"):
            self._opened.setdefault(name, []).append(len(self.tokens) - 1)
        return _raw_end(self._text, match, name) if name in _RAW else match.end()


def _other_end(text: str, at: int) -> int:
    """Return the end of a comment, a declaration or a processing instruction."""
    sign, what = ("-->", "a comment") if text.startswith("<!--", at) else (">", "a declaration")
    if text.startswith("<![CDATA[", at):
        sign, what = "]]>", "a CDATA section"
    end = text.find(sign, at)
    if end < 0:
        raise Broken("HTML", f"{what} is not closed", text, at)
    return end + len(sign)


def _raw_end(text: str, tag: re.Match[str], name: str) -> int:
    match = re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE).search(text, tag.end())
    if match is None:
        raise Broken("HTML", f"<{name}> is not closed", text, tag.start())
    return match.start()


class _Reader:
    """Puts the tokens of a page together to units."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _Tokenizer(text).read()
        self._run: list[Part | Span] = []

    def skeleton(self) -> Iterator[str | Unit]:
        index = 0
        while index < len(self._tokens):
            token = self._tokens[index]
            index += 1
            raw = self._text[token.start : token.end]
            if token.kind == "text":
                self._run.append(Words(_BLANKS.sub(" ", unescape(raw)), raw))
            elif token.kind == "open" and self._is_kept(token):
                index = token.partner + 1 if token.partner >= 0 else index
                whole = self._text[token.start : self._tokens[index - 1].end]
                if token.name in _NAMES or token.name in _SPANS:
                    self._run.append(Inline(Kind.NAME, [whole]))
                else:
                    yield from self._flushed()
                    yield whole
            elif token.name in _SPANS:
                kind = Kind.OPEN if token.kind == "open" else Kind.CLOSE
                self._run.append(Span(kind, token.name, self._tag(token)))
            elif token.name == "img":
                self._run.append(Inline(Kind.MARK, self._tag(token)))
            elif token.kind == "other" or token.name == "wbr":
                self._run.append(Inline(Kind.MARK, [raw]))
            else:
                yield from self._flushed()
                yield from self._tag(token)
        yield from self._flushed()

    def _flushed(self) -> list[str | Unit]:
        run, self._run = self._run, []
        return unit_of(run, encode_html)

    def _is_kept(self, token: _Token) -> bool:
        """Return whether an element stays with all its content."""
        if token.name in _SILENT:
            return True
        tag = self._text[token.start : token.end]
        if "translate" not in tag.lower():
            return False
        attributes = {match[1].lower(): _value(match) for match in _ATTRIBUTE.finditer(tag)}
        return attributes.get("translate", "").lower() == "no" or "notranslate" in attributes.get("class", "").split()

    def _tag(self, token: _Token) -> list[str | Unit]:
        """Return the skeleton of a tag: its attributes that are language are units."""
        tag = self._text[token.start : token.end]
        if token.kind != "open" or "=" not in tag:
            return [tag]
        matches = list(_ATTRIBUTE.finditer(tag))
        attributes = {match[1].lower(): _value(match) for match in matches}
        skeleton: list[str | Unit] = []
        reached = 0
        for match in matches:
            group = 2 if match[2] is not None else 3
            raw = match[group]
            if raw and has_letters(raw) and _is_language(token.name, match[1].lower(), attributes):
                encode = _in_double if group == 2 else _in_single
                skeleton += [tag[reached : match.start(group)], plain_unit(unescape(raw), encode, raw)]
                reached = match.end(group)
        return [*skeleton, tag[reached:]]


def _value(match: re.Match[str]) -> str:
    return match[2] or match[3] or match[4] or ""


def _is_language(element: str, name: str, attributes: Mapping[str, str]) -> bool:
    if name in _WORDS_OF:
        return True
    if name == "content" and element == "meta":
        kind = (attributes.get("name") or attributes.get("property") or "").lower()
        return bool(_NAMES_OF_META.match(kind))
    if name == "value" and element == "input":
        return attributes.get("type", "").lower() in {"submit", "button", "reset"}
    return name == "label" and element in {"option", "optgroup", "track"}


def encode_html(text: str) -> str:
    """Return a text as it stands between two tags."""
    return escape(text, quote=False).replace("\xa0", "&nbsp;")


def _in_double(text: str) -> str:
    return encode_html(text).replace('"', "&quot;")


def _in_single(text: str) -> str:
    return encode_html(text).replace("'", "&#39;")
