"""Addresses as they are said: of a web address the host, of a mail address all; and words that only look like a host.

`it.it` in `I saw it.it was great` is the end of a sentence without its blank. A dot between two words is said where
the words are a host, by its top-level domain and by what stands around it, or a file.
"""

# ruff: noqa: RUF001 -- quotation marks are meant

from __future__ import annotations

import re
from collections.abc import Mapping

from dragoman_handlers.speech.normalization.number_words import SpokenWords, listed

_ADDRESS = re.compile(r"(?:(?<![a-z0-9])(?:https?|ftp)://|(?<![a-z0-9.])www\.)[!#-;=?-~À-ɏͰ-ԯ]{1,2000}", re.IGNORECASE)
_LABELS = r"(?:[\w-]{1,63}\.){1,5}"
_MAIL = re.compile(rf"(?<![\w.+-])(?:mailto:)?([\w+-]{{1,64}}(?:\.[\w+-]{{1,64}}){{0,5}})@({_LABELS}[a-z]{{2,24}})\b")
_DOTTED = re.compile(
    rf"(?<![\w.@/-])({_LABELS}([^\W\d_][^\W_]{{0,23}}))(?![\w@-])(?P<port>:\d{{2,5}}(?!\d))?(?P<path>/[^\s<>\"“”«»]{{0,2000}})?",
)
_AFTER_ADDRESS = ".,;:!?)]}'’…\"”»"
_BEFORE = re.compile(r"([^\W\d_]+):?\s*$")
_LOOK_BACK = 30

_GENERIC = listed(
    "com org net edu gov mil int io info biz name app dev ai tv me co xyz online site shop store blog tech cloud news"
    " club live world today page wiki eu email digital agency media design studio space website art pro mobi travel"
    " museum jobs cat asia tel coop aero local"
)
_COUNTRIES = listed(
    "ac ad ae af ag al am ao ar as at au aw az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw by bz ca cc cd cf cg ch"
    " ci ck cl cm cn cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et fi fj fk fm fo fr ga gd ge gg gh gi gl"
    " gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in iq ir is it je jm jo jp ke kg kh ki km kn kp kr"
    " kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc"
    " ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg"
    " sh si sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tw tz ua ug uk us uy uz va"
    " vc ve vg vi vn vu wf ws ye yt za zm zw"
)
_ALSO_WORDS: Mapping[str, frozenset[str]] = {
    language: frozenset(listed.split())
    for language, listed in {
        "en": "im id ma pa ps gg bf gf tv it is in at so to us my be am as do me no by ad pm page live world"
        " today news name space art pro club design online site store shop info local email media cat jobs"
        " travel app",
        "pt": "vi ir so ne vc sr pf bj mt tv ca sa pe de eu me se no na ao as um ai la do",
        "es": "va vi ir ma tv so pa de es la al me se si su no ni re ve",
        "fr": "je ca vu lu re ai ni de la ne se il ma sa si au as es me et va",
        "it": "do re mo al io la ne se il ma si ci vi me in no su li ai va sa so",
        "de": "na je ne tv es im in am so er um",
    }.items()
}
"""Everyday words that are top-level domains as well, by the language of the text."""
_IN_ANY = frozenset().union(*_ALSO_WORDS.values())
_BEFORE_COM = listed(
    "casa trabalho aqui ali lá hoje ontem amanhã bem mal tudo nada isso isto dia noite tarde manhã escola mim ti ele"
    " ela você nós eles elas sair fui vou estou foi ir vir comer jantar almoçar café falar cedo depois agora sempre"
    " mais rua praia cidade feliz triste cansado cansada"
)
"""Portuguese words behind which `com` is the word for `with`."""
_BEFORE_HOST = listed(
    "visit site website url link domain host server visite acesse site sítio endereço página sitio visita visitez"
    " visitate vedi besuche besuchen seite webseite adresse address"
)
_KNOWN_HOSTS = listed(
    "amazon google ebay youtube wikipedia facebook netflix bbc cnn reddit github gitlab paypal airbnb apple microsoft"
    " booking about bit youtu zalando ikea elpais elmundo marca fnac decathlon"
)
_FILES = listed(
    "txt pdf doc docx xls xlsx ppt pptx odt csv json xml html htm css js ts jsx tsx py rb rs java cpp exe zip tar gz"
    " rar jpg jpeg png gif svg webp wav ogg flac avi mov mkv webm mp3 mp4 md toml yaml yml ini cfg conf sql sh apk iso"
    " dll php asp aspx"
)


def said_addresses(text: str, words: SpokenWords | None, shortened: list[str]) -> str:
    """Replace addresses by what is said of them, and part words that a full stop without its blank joins.

    Args:
        text: a text.
        words: of its language, None where there are none.
        shortened: gets each address of which a part is not said.
    """
    text = _MAIL.sub(lambda match: f"{_dots(match[1], words)} {_at(words)} {_dots(match[2], words)}", text)
    text = _ADDRESS.sub(lambda match: _said_address(match[0], words, shortened), text)
    return _DOTTED.sub(lambda match: _said_dotted(match, words, shortened), text)


def _said_address(address: str, words: SpokenWords | None, shortened: list[str]) -> str:
    bare = address.rstrip(_AFTER_ADDRESS)
    place = bare.partition("://")[2] or bare
    host = re.split(r"[/?#:]", place, maxsplit=1)[0].rpartition("@")[2]
    if place.rstrip("/") != host:
        shortened.append(bare)
    return f" {_dots(host, words)}{address[len(bare) :]}"


def _said_dotted(match: re.Match[str], words: SpokenWords | None, shortened: list[str]) -> str:
    name = match[1]
    if not _is_host(match, words):
        return match[0] if words and name in words.short else _parted(match)
    path = match["path"] or ""
    bare = path.rstrip(_AFTER_ADDRESS)
    if bare.strip("/") or match["port"]:
        shortened.append(f"{name}{match['port'] or ''}{bare}")
    return _dots(name, words) + path[len(bare) :]


def _is_host(match: re.Match[str], words: SpokenWords | None) -> bool:
    """Return whether dotted words are a host or a file."""
    labels, top = match[1].split("."), match[2]
    if not top.islower():
        return match[1].isupper() and top.lower() in _GENERIC | _FILES and len(labels[-2]) > 1
    known = top in _GENERIC or top in _COUNTRIES
    if known and (match["path"] or match["port"]) and labels[-2][0].isalpha():
        return True
    if len(labels[-2]) < 2 or not known:
        return top in _FILES and len(top) > 1
    if not any(map(str.isalpha, labels[-2])):
        return top in {"com", "net", "org"}
    if len(labels) > 2 or not labels[0].isalpha():
        return True
    return not _may_be_word(labels[0], top, words) or _stands_as_host(match)


def _may_be_word(label: str, top: str, words: SpokenWords | None) -> bool:
    """Return whether a top-level domain is a word of the language too."""
    if top == "com":
        return words is not None and words.language == "pt" and label.lower() in _BEFORE_COM
    return top in (_ALSO_WORDS.get(words.language, _IN_ANY) if words else _IN_ANY)


def _stands_as_host(match: re.Match[str]) -> bool:
    """Return whether the text around two words with a dot between them says that they are a host."""
    label = match[1].partition(".")[0]
    if label.lower() in _KNOWN_HOSTS or not re.match(r"\s+\w", match.string[match.end() : match.end() + 3]):
        return True  # a sentence would go on
    before = _BEFORE.search(match.string[max(0, match.start() - _LOOK_BACK) : match.start()])
    return before is not None and before[1].lower() in _BEFORE_HOST


def _parted(match: re.Match[str]) -> str:
    """Return words with a blank behind each full stop between them, but for abbreviations: `e.g`, `S.p.A`."""
    labels = match[1].split(".")
    if any(len(label) < 2 or not label.isalpha() for label in labels):
        return match[0]
    return ". ".join(labels) + match[0][len(match[1]) :]


def _dots(host: str, words: SpokenWords | None) -> str:
    return host.removeprefix("www.").replace(".", f" {words.signs['dot']} " if words else " ")


def _at(words: SpokenWords | None) -> str:
    return words.signs["at"] if words else "@"
