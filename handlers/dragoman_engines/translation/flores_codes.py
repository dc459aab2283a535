"""Languages of NLLB models: the codes of FLORES-200 (`por_Latn`) and the usual two letters (`pt`)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

# The first three letters of a FLORES code to ISO 639-1; languages without two letters keep their three.
_PAIRS = """
    afr:af aka:ak als:sq amh:am arb:ar asm:as azj:az bak:ba bam:bm bel:be ben:bn bod:bo bos:bs bul:bg cat:ca
    ces:cs cym:cy dan:da deu:de dzo:dz ell:el eng:en epo:eo est:et eus:eu ewe:ee fao:fo fij:fj fin:fi fra:fr
    fuv:ff gaz:om gla:gd gle:ga glg:gl grn:gn guj:gu hat:ht hau:ha heb:he hin:hi hrv:hr hun:hu hye:hy ibo:ig
    ind:id isl:is ita:it jav:jv jpn:ja kan:kn kas:ks kat:ka kaz:kk khk:mn khm:km kik:ki kin:rw kir:ky kmr:ku
    kon:kg kor:ko lao:lo lim:li lin:ln lit:lt ltz:lb lug:lg lvs:lv mal:ml mar:mr mkd:mk mlt:mt mri:mi mya:my
    nld:nl nno:nn nob:no npi:ne nya:ny oci:oc ory:or pan:pa pbt:ps pes:fa plt:mg pol:pl por:pt quy:qu ron:ro
    run:rn rus:ru sag:sg san:sa sin:si slk:sk slv:sl smo:sm sna:sn snd:sd som:so sot:st spa:es srd:sc srp:sr
    ssw:ss sun:su swe:sv swh:sw tam:ta tat:tt tel:te tgk:tg tgl:tl tha:th tir:ti tsn:tn tso:ts tuk:tk tur:tr
    twi:tw uig:ug ukr:uk urd:ur uzn:uz vie:vi wol:wo xho:xh ydd:yi yor:yo zho:zh zsm:ms zul:zu
"""
_TWO_LETTERS = dict(pair.split(":") for pair in _PAIRS.split())
_OTHER_NAMES = {"no": "nb", "he": "iw", "id": "in", "jv": "jw", "tl": "fil", "yi": "ji"}
"""Codes that are still in use for a language beside the first one."""
_USUAL_SCRIPT = frozenset(
    {"zho_Hans", "ace_Latn", "bjn_Latn", "knc_Latn", "taq_Latn", "kas_Arab", "min_Latn", "mni_Beng"}
)
"""The default script of a language that has several."""
_CODE = re.compile(r"([a-z]{3})_[A-Z][a-z]{3}")


def two_letters(code: str) -> str:
    """Return `pt` for `por`; a code that is not known stays as it is."""
    return _TWO_LETTERS.get(code, code)


def flores_languages(tokens: Iterable[str]) -> Mapping[str, str]:
    """Map the languages of a model to the tokens of its vocabulary: `pt` to `por_Latn`."""
    found: dict[str, str] = {}
    for token in tokens:
        match = _CODE.fullmatch(token)
        if match is None:
            continue
        language = two_letters(match[1])
        for name in (language, _OTHER_NAMES.get(language)):
            if name is not None and (name not in found or token in _USUAL_SCRIPT):
                found[name] = token
    return found
