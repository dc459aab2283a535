"""Attacks with small requests that ask for much: sound, languages, glossaries, slow files, texts of signs."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

from scripts.attacks.arena import Arena
from scripts.attacks.registry import attack

_TEXT_CHARS = 10_000
_DOCUMENT_CHARS = 2_000_000
_LANGUAGES = 128
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_TAGS = [first + second for first in _LETTERS for second in _LETTERS]
_PEER = "attacker"


def _flood(arena: Arena, requests: Iterable[dict[str, Any]]) -> int:
    """Send requests by turns while there is time, each under an id of its own; return how many."""
    push, count = arena.push(), 0
    arena.subscriber("routed", _PEER.encode() + b"\0")
    for fields in itertools.cycle(requests):
        if not arena.going():
            return count
        if arena.send(push, {"replyTo": _PEER, "taskId": f"{fields.get('type')}-{count}", **fields}):
            count += 1
    return count


def _filled(unit: str, chars: int) -> str:
    return (unit * (chars // len(unit) + 1))[:chars]


def _text(said: str, languages: int = 1, **more: Any) -> dict[str, Any]:
    return {"type": "translation", "text": said, "sourceLanguage": "en", "targetLanguages": _TAGS[:languages], **more}


def _document(said: str, kind: str, languages: int = 1) -> dict[str, Any]:
    return _text(said, languages, format=kind, timeoutMs=20_000)


def _voice(said: str, tags: list[str], **more: Any) -> dict[str, Any]:
    mobile = {"text": said, "language": "en"}
    return {"type": "audio_process", "mobileTranscription": mobile, "targetLanguages": tags, **more}


@attack(short=True)
def many_tags_of_one_language(arena: Arena) -> str:
    """A voice message of 10,000 characters into 128 tags of one language."""
    said = _filled("This is a sentence, and a fairly ordinary one. ", _TEXT_CHARS)
    tags = [f"pt-{number:03}" for number in range(_LANGUAGES)]
    return f"{_flood(arena, [_voice(said, tags, speed=0.5)])} voice messages into {_LANGUAGES} tags"


@attack()
def many_spoken_languages(arena: Arena) -> str:
    """A voice message of 10,000 characters, no sentence twice, into 128 languages, in both formats."""
    said = "".join(f"This is sentence number {number} of many. " for number in range(300))[:_TEXT_CHARS]
    kinds = [_voice(said, _TAGS[:_LANGUAGES], outputFormat=kind) for kind in ("wav", "ogg")]
    return f"{_flood(arena, kinds)} voice messages into {_LANGUAGES} languages"


@attack()
def the_same_sentence_spoken(arena: Arena) -> str:
    """A text of one short sentence again and again: spoken once, and a thousand times in the sound."""
    return f"{_flood(arena, [_voice(_filled('No. ', _TEXT_CHARS), ['pt', 'fr'], speed=0.5)])} voice messages"


@attack(short=True)
def large_phone_transcriptions(arena: Arena) -> str:
    """A phone's transcription of nearly 1 MiB: in its text, in the texts of its segments, in their number."""
    mobiles: list[dict[str, Any]] = [
        {"text": _filled("_a ", 1_000_000), "language": "en"},
        {"text": _filled("word ", 1_000_000), "language": "en"},
        {"text": "a", "language": "en", "segments": [{"text": _filled("a ", 10_000)}] * 90},
        {"text": "a", "language": "en", "segments": [{}] * 300_000},
        {"text": "a" * 10, "language": "x" * 900_000},
    ]
    requests = [
        {"type": kind, "mobileTranscription": mobile, "targetLanguages": ["pt"]}
        for mobile in mobiles
        for kind in ("audio_process", "transcription_only")
    ]
    return f"{_flood(arena, requests)} transcriptions"


@attack(short=True)
def glossaries_alike(arena: Arena) -> str:
    """Glossaries of 200 terms that all begin alike, on texts that nearly have them."""
    terms = {("a " * 99 + _LETTERS[number % 26] + str(number))[:200].strip(): "x" for number in range(200)}
    capitals = {_filled("A ", 2 * length).strip(): "y" for length in range(1, 100)}
    requests = [
        _text(_filled("a ", chars), languages, glossary=glossary)
        for chars in (900, _TEXT_CHARS)
        for languages in (2, _LANGUAGES)
        for glossary in (terms, capitals)
    ]
    return f"{_flood(arena, requests)} texts with glossaries"


@attack()
def glossaries_by_language(arena: Arena) -> str:
    """Glossaries whose 200 terms have a replacement for each of 128 languages."""
    languages = dict.fromkeys(_TAGS[:_LANGUAGES], "x")
    glossary = {f"{_filled('word ', 150)}{number}": languages for number in range(200)}
    return f"{_flood(arena, [_text(_filled('word ', 900), _LANGUAGES, glossary=glossary)])} texts with glossaries"


def _signs(arena: Arena, chars: int, languages: int) -> str:
    units = ["{", "}a", "*", "_a ", "[", "[a](", "`", "```\n", ". ", "1,2", "%s ", "<a ", "<b>a ", "| a ", "\u0301a"]
    units += ["\u200fa ", "\u200d", "\U0001f468\u200d\U0001f469", "\n\n", "- a\n", '"a', "&amp;", "a", "aB1-", "a. "]
    count = _flood(arena, [_text(_filled(unit, chars), languages) for unit in units])
    return f"{count} texts of {chars} signs into {languages} languages"


@attack(short=True)
def short_texts_of_signs(arena: Arena) -> str:
    """Texts of 1,000 braces, stars, brackets and the like, which are cut in the loop."""
    return _signs(arena, 1000, 2)


@attack(short=True)
def long_texts_of_signs(arena: Arena) -> str:
    """Texts of 10,000 of them into many languages."""
    return _signs(arena, _TEXT_CHARS, 32)


@attack()
def many_languages(arena: Arena) -> str:
    """A text of 10,000 characters and 2,000 sentences into 128 languages."""
    return f"{_flood(arena, [_text(_filled('A b. ', _TEXT_CHARS), _LANGUAGES)])} texts into {_LANGUAGES} languages"


@attack()
def wide_tasks_cancelled(arena: Arena) -> str:
    """Texts into 128 languages in hundreds, then cancelled together: each language of each is answered."""
    push, count = arena.push(), 0
    arena.subscriber("routed", _PEER.encode() + b"\0")
    while arena.going():
        first = count
        while arena.going() and count < first + 200:
            arena.send(push, {"replyTo": _PEER, "taskId": f"w{count}", **_text(_filled("A b. ", 900), _LANGUAGES)})
            count += 1
        for number in range(first, count):
            arena.send(push, {"type": "cancel", "replyTo": _PEER, "taskId": f"w{number}"})
    return f"{count:,} texts into {_LANGUAGES} languages, cancelled"


@attack()
def long_story_texts(arena: Arena) -> str:
    """Story texts of 10,000 line breaks, of one endless word, and of 1,000,000 characters."""
    story = {"type": "story_text_object_translation", "postId": "p", "textObjectIndex": 0, "sourceLanguage": "en"}
    texts = [_filled("a\n", _TEXT_CHARS), "a" * _TEXT_CHARS, _filled("a b ", 1_000_000)]
    requests = [{**story, "text": said, "targetLanguages": _TAGS[:32]} for said in texts]
    return f"{_flood(arena, requests)} story texts"


@attack(short=True)
def nested_documents(arena: Arena) -> str:
    """Files of formats that are nested as deep as they are long: JSON, HTML, XML, ICU, Markdown."""
    depth = 200_000
    requests = [
        _document("[" * depth + "]" * depth, "json"),
        _document('{"a":' * depth + "1" + "}" * depth, "json"),
        _document("<div>" * depth, "html"),
        _document("<b>" * 50_000 + "a" + "</b>" * 50_000, "html"),
        _document("<resources>" + "<string name='a'>" * depth, "strings"),
        _document("<xliff version='1.2'>" + "<g id='1'>" * depth, "xliff"),
        _document("{n, plural, other {" * 50_000 + "}}" * 50_000, "icu"),
        _document("> " * depth + "a", "markdown"),
        _document("[" * depth + "a" + "](b)" * depth, "markdown"),
    ]
    return f"{_flood(arena, requests)} nested documents"


@attack()
def documents_of_entities(arena: Arena) -> str:
    """XML files with entities that stand for entities, and HTML of millions of entities."""
    entities = "".join(f'<!ENTITY e{number} "{f"&e{number - 1};" * 10}">' for number in range(1, 30))
    body = '<resources><string name="a">&e29;</string></resources>'
    bomb = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "lol">{entities}]>{body}'
    requests = [
        _document(bomb, "strings"),
        _document(bomb.replace("resources", "xliff"), "xliff"),
        _document(_filled("&lt;&#97;", _DOCUMENT_CHARS), "html"),
        _document(_filled("&", _DOCUMENT_CHARS), "html"),
    ]
    return f"{_flood(arena, requests)} documents of entities"


@attack()
def subtitles_of_many_cues(arena: Arena) -> str:
    """Subtitles of 50,000 cues, CSV of 500,000 rows, PO of 60,000 entries."""
    cues = "".join(f"{number}\n00:00:00,001 --> 00:00:00,002\na {number}\n\n" for number in range(45_000))
    requests = [
        _document(cues[:_DOCUMENT_CHARS], "srt"),
        _document("WEBVTT\n\n" + cues.replace(",", ".")[: _DOCUMENT_CHARS - 10], "vtt"),
        _document(_filled("a,b\n", _DOCUMENT_CHARS), "csv"),
        _document(_filled('msgid "a b"\nmsgstr ""\n\n', _DOCUMENT_CHARS), "po"),
    ]
    return f"{_flood(arena, requests)} files of many parts"


@attack()
def documents_of_signs(arena: Arena) -> str:
    """Markdown and HTML of 2,000,000 signs that may begin something."""
    units = ["*", "[", "`", "_a ", "| ", "<", "<!--", "<a b='", "\\", "&a"]
    requests = [_document(_filled(unit, 500_000), kind) for unit in units for kind in ("markdown", "html")]
    return f"{_flood(arena, requests)} documents of signs"


@attack()
def detected_texts(arena: Arena) -> str:
    """Requests for the language of a text of nearly 1 MiB, which are answered at once."""
    texts = [_filled(unit, 900_000) for unit in ("a ", "\n", "word", "ação ")]
    return f"{_flood(arena, [{'type': 'detect', 'text': said} for said in texts])} texts"
