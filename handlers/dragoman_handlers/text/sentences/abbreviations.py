"""Stops that end no sentence: abbreviations and ordinal numbers, per language.

sentencex cuts a text into sentences; its lists know some languages well (English, German) and others less. What it cut
inside `2.º`, `a.C.` or before `Av. | Brasil` is put together again here. Nothing is cut that it left whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import msgspec
import sentencex


class Abbreviations(msgspec.Struct, frozen=True, kw_only=True):
    """Those of a language, in small letters and without their last stop."""

    names: frozenset[str]
    """Stand before a name or another word, whatever its case: `Dr.`, `Av.`."""
    numbers: frozenset[str]
    """Stand before a number: `p. 12`, `n.º 5`, `vol. II`."""
    others: frozenset[str]
    """Stand inside a sentence where the next word is in small letters: `etc.`"""
    letters: frozenset[str] = frozenset()
    """Capital letters that stand before a name: `S. Paulo`."""
    dotted_ordinals: bool = False
    """A number with a stop is an ordinal: `das 2. Kapitel`."""


def _language(
    names: str, numbers: str, others: str = "", *, letters: str = "", dotted_ordinals: bool = False
) -> Abbreviations:
    return Abbreviations(
        names=frozenset(names.split()),
        numbers=frozenset(numbers.split()),
        others=frozenset(others.split()),
        letters=frozenset(letters.split()),
        dotted_ordinals=dotted_ordinals,
    )


_MONTHS_EN = "jan feb mar apr jun jul aug sep sept oct nov dec"
_LISTS: Mapping[str, Abbreviations] = {
    "en": _language(
        "mr mrs ms mx messrs dr drs prof rev fr st sts mt ft gen col lt maj capt cmdr sgt cpl adm gov sen rep hon pres"
        " supt insp det atty esq jr vs approx dept est ave blvd rd",
        f"no nos p pp vol vols ch chap fig figs art sec par ed pt c ca approx tel ext op {_MONTHS_EN}",
        "etc inc ltd co corp al e.g i.e a.m p.m b.c a.d cf viz resp bros sr",
    ),
    "pt": _language(
        "sr sra srs sras srta sr.ª sr.a dr dra drs dras dr.ª prof profa prof.ª eng eng.º arq adv"
        " exmo exma exa ex ex.mo"
        " ex.ma ilmo ilma il.mo sto sta gen cel cap ten sgt maj alm des min dep sen pres av r trav tv al pç pça pr lg"
        " est rod dom frei pe rev vs aprox jr",
        "n nº p pp pág págs pag fl fls fig figs cap caps art arts vol vols t tom ed séc sécs sec"
        " tel tels ramal ap apto"
        " bl lt al inc nr no c ca aprox jan fev mar abr mai jun jul ago set out nov dez",
        "etc ltda lda cia s.a a.c d.c e.u.a p.ex p.e ob cit id ibid i.e cf séc",
        letters="S D V R P",
    ),
    "es": _language(
        "sr sra srta sres sras d dña dra dr dres prof profa ing lic arq abog excmo excma ilmo ilma sto sta gral cnel"
        " cap tte sgto av avda avd c pza plza pl ctra ud uds vd vds mons rvdo ee vs aprox",
        "n nº núm núms num p pp pág págs pag fig figs cap caps art arts vol vols t ed s tel teléf ap apdo km aprox ene"
        " feb mar abr may jun jul ago sep sept oct nov dic",
        "etc cía s.a a.c d.c p.ej ej ee.uu cf i.e uu",
        letters="S D V",
    ),
    "fr": _language(
        "m mm mme mmes mlle mlles dr drs pr prof me mgr st ste sts cdt cne col gal lt av ave bd boul pl rte fg ch vs"
        " env",
        "n no nº nos p pp fig figs chap art vol t éd s tél ext env al janv févr avr juil sept oct nov déc",
        "etc cie c.-à-d j.-c p.ex ex cf i.e apr",
        letters="M S",
    ),
    "de": _language(
        "hr fr hrn dr prof dipl ing mag st str hl frl hptm obst gen vgl ca evtl ggf bzw inkl exkl max min z.b d.h u.a"
        " z.t o.ä i.d.r sog jr sen geb gest verh",
        "nr nrn s ss bd bde abb abs art kap tel ziff jh anm az blz plz ca abt aufl jan feb mär apr"
        " jun jul aug sep sept"
        " okt nov dez",
        "usw etc u.s.w bspw v.chr n.chr vgl zzgl abzgl",
        dotted_ordinals=True,
    ),
    "it": _language(
        "sig sigg sig.ra sig.na dott dott.ssa dr prof prof.ssa avv ing arch geom rag on mons gen col cap ten magg"
        " ill.mo egr gent spett s ss v vle p.za pza c.so l.go vs ca circa",
        "n nº nr num p pp pag pagg fig figg cap capp art artt vol voll t ed sec tel int c ca gen feb mar apr mag giu"
        " lug ago set ott nov dic",
        "ecc etc es p.es a.c d.c cfr s.p.a s.r.l i.e",
        letters="S D V",
    ),
}
_NONE = _language("", "", "")
_DOTTED_LANGUAGES = frozenset({"cs", "da", "et", "fi", "hr", "hu", "nb", "nn", "no", "pl", "sk", "sl", "sr", "tr"})
_DOTTED = _language("", "", "", dotted_ordinals=True)
_STARTS_DE = (
    "er sie es der die das den dem ein eine einen einem wir ich ihr du man und aber dann danach denn doch wenn als da"
    " so im in am an auf bei nach von zu mit heute morgen gestern jetzt hier dort dies diese dieser dieses mein meine"
    " sein seine unser unsere kein keine nein ja was wer wie wo warum"
)
_STARTERS = frozenset(_STARTS_DE.split())
"""Words that begin German sentences and stand in capitals only there: before them `30.` is the end of one."""
_TITLES = frozenset({"mr", "mrs", "ms", "dr", "prof", "st"})
"""Stand before names in texts of any language: names come with their titles."""
_HALVES_OF_DAY = frozenset({"a.m", "p.m"})
_ZONES_AND_DAYS = (
    "eastern central mountain pacific atlantic greenwich gmt utc est edt cst cdt mst mdt pst pdt bst cet cest eet eest"
    " ist jst aest et pt monday tuesday wednesday thursday friday saturday sunday"
)
_AFTER_TIMES = frozenset(_ZONES_AND_DAYS.split())
"""What a time of day goes on with, though it is written with a capital: "at 5 p.m. Eastern time"."""
_LAST_WORD = re.compile(r"[^\s(\[{\"'“”‘’«»„/]*$")  # noqa: RUF001 - quotation marks of all kinds
_ORDINAL = re.compile(r"(?:\d+|n|nr|art)\.?[ºª°]$|\d+\.[oa]$", re.IGNORECASE)
_INITIALS = re.compile(r"(?:[^\W\d_]\.-?)+[^\W\d_]")
"""`a.C`, `E.U.A`, `z.B`: single letters with stops between."""
_FIRST_LETTER = re.compile(r"[^\W_]")
_NUMBER = re.compile(r"[(\[#]?(?:\d|[IVXLCDM]+\b)")
_WIDE_STOPS = "。！？｡．…"  # noqa: RUF001 - the stops of scripts without blanks are meant
_LOOK_BACK, _LOOK_AHEAD = 40, 40
"""No abbreviation is longer."""


def cut_sentences(text: str, language: str) -> list[str]:
    """Cut a stretch of text into sentences: joined, they are the text. Linear in its length."""
    sentences: Sequence[str] = sentencex.segment(language, text)
    if len(sentences) == 1:
        return [text]
    if sum(map(len, sentences)) != len(text):
        return [text]
    return _rejoined(sentences, _LISTS.get(language) or (_DOTTED if language in _DOTTED_LANGUAGES else _NONE))


def ends_in_abbreviation(before: str, after: str, language: str) -> bool:
    """Return whether the stop at the end of `before` ends no sentence, given the text that comes after."""
    return _goes_on(before, after, _LISTS.get(language) or _NONE)


def _rejoined(sentences: Iterable[str], known: Abbreviations) -> list[str]:
    """Join the sentences between which no sentence ends."""
    groups: list[list[str]] = []
    before = ""
    for sentence in sentences:
        if groups and _goes_on(before, sentence, known):
            groups[-1].append(sentence)
            before = (before + sentence)[-_LOOK_BACK:]
        else:
            groups.append([sentence])
            before = sentence[-_LOOK_BACK:]
    return ["".join(group) for group in groups]


def _goes_on(before: str, after: str, known: Abbreviations) -> bool:
    """Return whether the sentence that `before` ends with goes on with `after`."""
    core = before[-_LOOK_BACK:].rstrip()
    if len(core) == len(before[-_LOOK_BACK:]) and not after[:1].isspace():
        # No blank, no end: but scripts without blanks have stops of their own.
        return core[-1:] not in _WIDE_STOPS
    found = _LAST_WORD.search(core)
    word = found[0] if found else ""
    if _ORDINAL.search(word):
        return True
    if not word.endswith("."):
        return False
    return _stands_before(word[:-1], core[: -len(word)], after.lstrip()[:_LOOK_AHEAD], known)


def _stands_before(word: str, before: str, after: str, known: Abbreviations) -> bool:
    """Return whether a word with a stop is an abbreviation or an ordinal that belongs to the text after it."""
    first = _FIRST_LETTER.search(after)
    small = word.lower()
    if not first or small in known.names or small in _TITLES:
        return first is not None
    if small in _HALVES_OF_DAY and after.split(maxsplit=1)[0].strip(".,;:!?").lower() in _AFTER_TIMES:
        return True
    if small in known.numbers and _NUMBER.match(after):
        return True
    if first[0].islower():
        return small in known.others or small in known.numbers or _INITIALS.fullmatch(word) is not None
    if len(word) == 1 and word.isupper():
        return word in known.letters or _is_initial(before)
    return known.dotted_ordinals and word.isdecimal() and len(word) <= 2 and _names_something(after)


def _is_initial(before: str) -> bool:
    """Return whether a capital letter with a stop is an initial: a capital stands before it, or nothing."""
    word = before.split()[-1:]
    return not word or word[0][0].isupper()


def _names_something(after: str) -> bool:
    """Return whether a German number with a stop is an ordinal before this."""
    return after.split(maxsplit=1)[0].strip(".,;:!?").lower() not in _STARTERS
