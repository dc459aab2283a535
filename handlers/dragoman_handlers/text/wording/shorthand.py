"""Short forms that people type on phones, written out: `dont` and `u`, `vc` and `nao`.

Only what stands for one thing in any sentence is here; `its` and `were` are words as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

_SPELLED: Mapping[str, Mapping[str, str]] = {
    "en": dict(
        pair.split("=")
        for pair in [
            "i=I",
            "im=I'm",
            "i'm=I'm",
            "ive=I've",
            "i've=I've",
            "i'll=I'll",
            "i'd=I'd",
            "dont=don't",
            "doesnt=doesn't",
            "didnt=didn't",
            "cant=can't",
            "couldnt=couldn't",
            "wouldnt=wouldn't",
            "shouldnt=shouldn't",
            "isnt=isn't",
            "arent=aren't",
            "wasnt=wasn't",
            "werent=weren't",
            "havent=haven't",
            "hasnt=hasn't",
            "hadnt=hadn't",
            "youre=you're",
            "theyre=they're",
            "thats=that's",
            "whats=what's",
            "wheres=where's",
            "theres=there's",
            "youve=you've",
            "weve=we've",
            "theyve=they've",
            "youll=you'll",
            "u=you",
            "ur=your",
            "r=are",
            "pls=please",
            "plz=please",
            "thx=thanks",
            "ppl=people",
            "msg=message",
            "msgs=messages",
            "tmrw=tomorrow",
            "tmr=tomorrow",
            "2moro=tomorrow",
            "2day=today",
            "2nite=tonight",
            "tonite=tonight",
            "b4=before",
            "gr8=great",
            "l8r=later",
            "cuz=because",
            "coz=because",
            "gonna=going~to",
            "wanna=want~to",
            "gotta=have~to",
        ]
    ),
    "pt": dict(
        pair.split("=")
        for pair in [
            "vc=você",
            "vcs=vocês",
            "voce=você",
            "voces=vocês",
            "tb=também",
            "tbm=também",
            "tbem=também",
            "tambem=também",
            "pq=porque",
            "q=que",
            "qd=quando",
            "qdo=quando",
            "hj=hoje",
            "n=não",
            "ñ=não",
            "nao=não",
            "amanha=amanhã",
            "ta=está",
            "tá=está",
            "tô=estou",
            "tou=estou",
            "tava=estava",
            "tavam=estavam",
            "eh=é",
            "cmg=comigo",
            "ctg=contigo",
            "msm=mesmo",
            "mt=muito",
            "mto=muito",
            "mta=muita",
            "mtos=muitos",
            "td=tudo",
            "tds=todos",
            "dps=depois",
            "agr=agora",
            "ngm=ninguém",
            "alguem=alguém",
            "ninguem=ninguém",
            "pra=para",
            "pras=para~as",
            "pro=para~o",
            "pros=para~os",
            "cadê=onde~está",
            "cade=onde~está",
            "pfv=por~favor",
            "pf=por~favor",
            "obg=obrigado",
            "blz=beleza",
            "qq=qualquer",
            "qnd=quando",
            "qnt=quanto",
            "sao=são",
            "estao=estão",
            "entao=então",
            "ja=já",
            "voltarao=voltarão",
            "sera=será",
            "tao=tão",
            "ate=até",
            "so=só",
            "fds=fim~de~semana",
            "kd=onde~está",
            "bjs=beijos",
            "vlw=obrigado",
        ]
    ),
}
_ENDINGS: Mapping[str, Sequence[tuple[re.Pattern[str], str]]] = {
    # No Portuguese word of three letters and more ends like this where its accents are written.
    "pt": (
        (re.compile(r"(?<=[a-zà-ú])cao$"), "ção"),
        (re.compile(r"coes$"), "ções"),
        (re.compile(r"(?<!^)ao$"), "ão"),
    ),
}
_PIECES = re.compile(r"[\w'’]+")  # noqa: RUF001 - the apostrophe of phones
_KEYS = {
    language: frozenset(
        form
        for key in table
        for one in (key, key.replace("'", "’"))  # noqa: RUF001
        for form in (one, one[:1].upper() + one[1:])
    )
    - {"I", "I'm", "I've", "I'll", "I'd", "I’m", "I’ve", "I’ll", "I’d"}  # noqa: RUF001 - written as they should be
    for language, table in _SPELLED.items()
}
_OTHERS = re.compile(
    r"(?<![Tt]he )(?<![Tt]hese )(?<![Tt]hose )(?<![Aa]ll )(?<!\w)(?P<case>[Oo])thers"
    r"(?= (?:have |also |just |are |were )?(?:came|arrived|joined|left|liked|loved|commented|replied|reacted|shared"
    r"|voted|followed|follow|like|said|think|thought|believe|laughed|cried|asked|answered|died|survived|agreed|watching"
    r"|typing|waiting|coming|invited|injured|arrested|killed|wounded|hurt)\b)"
)
"""People, before what people alone do; a model makes them "outros", which in Portuguese stands for things as well."""
_LETTERS_OF_THEIR_OWN = frozenset("NRÑ")
_WORD = re.compile(r"(?<![\w'’@#./-])\w+(?:['’]\w+)*(?![\w'’@/-]|\.\S)")  # noqa: RUF001 - the apostrophe of phones


class Edit(NamedTuple):
    """A stretch [start, end) of a text that becomes another."""

    start: int
    end: int
    text: str


def spelled_out(text: str, language: str) -> Iterator[Edit]:
    """Yield the edits that write a text out. Words with a capital after the first letter stay."""
    table = _SPELLED.get(language)
    if table is None:
        return
    if _may_have_others(text, language):
        for found in _OTHERS.finditer(text):
            yield Edit(found.start(), found.end(), f"{found['case']}ther people")
    for found in _WORD.finditer(text):
        word = found[0]
        if word[1:] != word[1:].lower() or (len(word) == 1 and _is_label(text, found)):
            continue
        lowered = word.lower().replace("’", "'")  # noqa: RUF001
        full = table.get(lowered) if word[0].islower() or not text[: found.start()].strip() else None
        full = _accented(lowered, language) if full is None else full.replace("~", " ")
        if full not in (lowered, word):
            yield Edit(found.start(), found.end(), full if word[0].islower() else full[:1].upper() + full[1:])


def may_be_spelled_out(text: str, language: str) -> bool:
    """Return whether `spelled_out` may find anything. Takes a microsecond or two."""
    words = _KEYS.get(language)
    if words is None:
        return False
    return (
        not words.isdisjoint(_PIECES.findall(text))
        or _has_ending(text, language)
        or (_may_have_others(text, language) and _OTHERS.search(text) is not None)
    )


def _may_have_others(text: str, language: str) -> bool:
    return language == "en" and "thers " in text


def _has_ending(text: str, language: str) -> bool:
    return language in _ENDINGS and ("ao" in text or "coes" in text)


def _is_label(text: str, found: re.Match[str]) -> bool:
    """Return whether a single letter is a name of something (`R`, `n.`) and not a word."""
    return found[0] in _LETTERS_OF_THEIR_OWN or text[found.end() : found.end() + 1] == "."


def _accented(word: str, language: str) -> str:
    if len(word) > 2 and word.isascii():
        for ending, right in _ENDINGS.get(language, ()):
            if ending.search(word):
                return ending.sub(right, word)
    return word
