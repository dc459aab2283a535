"""SubRip, WebVTT and Advanced SubStation: where their cues are. Times, settings, styles and tags stay.

pysubs2 reads all three as well, and writes each anew without the settings of WebVTT's cues; so lines are read here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import unescape

from dragoman_handlers.text.formats.cues import Cue, CueFormat, SubtitleDocument
from dragoman_handlers.text.formats.document import Broken, Document, Inline, Kind, Words, lines_of
from dragoman_handlers.text.formats.inline import Part

_TIME = r"(?:\d{1,4}:)?\d{1,2}:\d{2}[.,]\d{1,3}"
_TIMING = re.compile(rf"[ \t]*({_TIME})[ \t]*-->[ \t]*({_TIME})(?:[ \t][^\r\n]*)?[ \t]*\r?\n?\Z")
_ARROW = re.compile(r"-->")
_SRT_MARK = re.compile(r"</?[a-zA-Z][^<>\n]{0,200}>|\{\\?[a-zA-Z][^{}\n]{0,200}\}")
_VTT_MARK = re.compile(r"</?[a-zA-Z][^<>\n]{0,400}>|<(?:\d+:)?\d+:\d+\.\d+>|</>")
_ASS_MARK = re.compile(r"\{[^{}]{0,2000}\}")
_ASS_BREAK = re.compile(r"\\[Nn]")
_ASS_TIME = re.compile(r"\s*(\d+):(\d{1,2}):(\d{1,2})[.:](\d{1,3})\s*\Z")
_DRAWING = re.compile(r"\\p[1-9]")


def parse_srt(text: str) -> Document:
    """Parse a SubRip file.

    Raises:
        Broken: a line with an arrow is no timing, a cue has none, or there is no cue.
        TooLarge: it has too many parts.
    """
    return _cue_document(text, "SubRip file")


def parse_vtt(text: str) -> Document:
    """Parse a WebVTT file; a piece of one without its first line is read as well.

    Raises:
        Broken: see `parse_srt`.
        TooLarge: it has too many parts.
    """
    return _cue_document(text, "WebVTT file")


def _cue_document(text: str, name: str) -> Document:
    vtt = name == "WebVTT file"
    newline = "\r\n" if "\r\n" in text[:10_000] else "\n"
    skeleton: list[str | Cue] = []
    reached = 0
    for start, lines in _paragraphs(text):
        at = start
        for index, line in enumerate(lines):
            timing = _TIMING.match(line)
            if timing is not None:
                if index > 1:
                    raise Broken(name, "an empty line is missing before this cue", text, at)
                begin = at + len(line)
                end = begin + len("".join(lines[index + 1 :]).rstrip("\r\n"))
                if end > begin:
                    times = (_ms(timing[1]), _ms(timing[2]))
                    skeleton += [text[reached:begin], _cue(text[begin:end], times, vtt=vtt)]
                    reached = end
                break
            if _ARROW.search(line) and not (vtt and lines[0].startswith("NOTE")):
                raise Broken(name, "this is no timing of a cue", text, at)
            at += len(line)
        else:
            head = lines[0].lstrip("\ufeff")
            known = vtt and (head.startswith(("NOTE", "STYLE", "REGION")) or (not start and head.startswith("WEBVTT")))
            if not known and not (not vtt and len(lines) == 1 and head.strip().isdigit()):
                raise Broken(name, "a cue has no line with its times", text, start)
    if (
        not any(isinstance(part, Cue) for part in skeleton)
        and "-->" not in text
        and not (vtt and "WEBVTT" in text[:10])
    ):
        raise Broken(name, "it has no cue", text, 0)
    skeleton.append(text[reached:])
    encode = _encode_vtt if vtt else _encode_srt
    return SubtitleDocument(skeleton, CueFormat(encode, newline))


def _paragraphs(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield lines that stand together, and where the first begins."""
    at = start = 0
    lines: list[str] = []
    for line in lines_of(text):
        if line.strip(" \t\r\n\ufeff"):
            if not lines:
                start = at
            lines.append(line)
        elif lines:
            yield start, lines
            lines = []
        at += len(line)
    if lines:
        yield start, lines


def _cue(raw: str, times: tuple[int, int], *, vtt: bool) -> Cue:
    pattern = _VTT_MARK if vtt else _SRT_MARK
    lines = [_parts(line.rstrip("\r"), pattern, vtt=vtt) for line in raw.split("\n")]
    return Cue(times[0], times[1], lines, raw)


def _parts(line: str, marks: re.Pattern[str], *, vtt: bool = False) -> list[Part]:
    parts: list[Part] = []
    reached = 0
    for match in [*marks.finditer(line), None]:
        start = match.start() if match else len(line)
        if start > reached:
            raw = line[reached:start]
            parts.append(Words(unescape(raw) if vtt else raw, raw))
        if match is not None:
            parts.append(Inline(Kind.MARK, [match[0]]))
            reached = match.end()
    return _with_pairs(parts)


def _with_pairs(parts: Sequence[Part]) -> list[Part]:
    """Make spans of tags with a partner on their line."""
    found = list(parts)
    opened: list[tuple[str, int]] = []
    for index, part in enumerate(found):
        if not isinstance(part, Inline):
            continue
        tag = re.match(r"<(/?)([a-zA-Z]\w*)", str(part.skeleton[0]))
        if tag is None:
            continue
        if not tag[1]:
            opened.append((tag[2].lower(), index))
        elif opened and opened[-1][0] == tag[2].lower():
            begin = opened.pop()[1]
            found[begin] = Inline(Kind.OPEN, found[begin].skeleton)  # type: ignore[union-attr]
            found[index] = Inline(Kind.CLOSE, part.skeleton)
    return found


def _ms(time: str) -> int:
    clock, fraction = time.replace(",", ".").rsplit(".", 1)
    seconds = 0
    for each in clock.split(":"):
        seconds = seconds * 60 + int(each)
    return seconds * 1000 + int(fraction.ljust(3, "0"))


def _encode_srt(text: str) -> str:
    # The arrow is what parsers look for.
    return text.replace("-->", "->")


def _encode_vtt(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


# --- Advanced SubStation ---------------------------------------------------------------------------------------


def parse_ass(text: str) -> Document:
    """Parse an Advanced SubStation (or SubStation) file.

    Raises:
        Broken: it has no events, an event without its format, or a time that is none.
        TooLarge: it has too many parts.
    """
    name = "Advanced SubStation file"
    skeleton: list[str | Cue] = []
    fields: list[str] = []
    section = ""
    at = reached = 0
    for line in lines_of(text):
        bare = line.strip(" \t\r\n\ufeff")
        key, _, rest = line.partition(":")
        kind = key.strip(" \t\ufeff").lower()
        if bare.startswith("[") and bare.endswith("]"):
            section = bare.lower()
        elif section == "[events]" and kind == "format":
            fields = [field.strip().lower() for field in rest.split(",")]
        elif section == "[events]" and kind == "dialogue":
            if not {"start", "end", "text"} <= set(fields) or fields[-1] != "text":
                raise Broken(name, "a line of dialogue stands before a Format line that ends with Text", text, at)
            values = rest.rstrip("\r\n").split(",", len(fields) - 1)
            if len(values) < len(fields):
                raise Broken(name, f"this line has {len(values)} fields of {len(fields)}", text, at)
            times = [_ass_ms(values[fields.index(which)]) for which in ("start", "end")]
            if None in times:
                raise Broken(name, "this line has a time that is none", text, at)
            raw = values[-1]
            end = at + len(line.rstrip("\r\n"))
            if raw.strip() and not _DRAWING.search(raw):
                skeleton += [text[reached : end - len(raw)], _ass_cue(raw, times[0] or 0, times[1] or 0)]
                reached = end
        at += len(line)
    if "[events]" not in text.lower():
        raise Broken(name, "it has no [Events]", text, 0)
    skeleton.append(text[reached:])
    return SubtitleDocument(skeleton, CueFormat(_encode_ass, "\\N"))


def _ass_ms(time: str) -> int | None:
    match = _ASS_TIME.match(time)
    if match is None:
        return None
    seconds = (int(match[1]) * 60 + int(match[2])) * 60 + int(match[3])
    return seconds * 1000 + int(match[4].ljust(3, "0"))


def _ass_cue(raw: str, start_ms: int, end_ms: int) -> Cue:
    lines = [_parts(line.replace("\\h", "\u00a0"), _ASS_MARK) for line in _ASS_BREAK.split(raw)]
    return Cue(start_ms, end_ms, lines, raw)


def _encode_ass(text: str) -> str:
    return text.replace("\u00a0", "\\h").replace("{", "(").replace("}", ")")
