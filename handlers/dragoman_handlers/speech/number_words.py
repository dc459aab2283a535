"""Short forms and the words spoken for them, by language. A language that is not here is left to its voice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Money:
    """A currency's name for one and for more, and of its hundredth where people say that."""

    one: str
    more: str
    cents: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class SpokenWords:
    """The words of one language."""

    dot: str
    at: str
    money_and: str
    """Between the two halves of an amount: `12 reais e 50`."""
    money_of: str
    """Between a million and the currency."""
    money: Mapping[str, Money]
    """By sign."""
    short: Mapping[str, str]
    """Abbreviation without its last full stop, as it is written."""
    decimal: str = ","


SPOKEN_WORDS: Mapping[str, SpokenWords] = {
    "en": SpokenWords(
        dot="dot",
        at="at",
        money_and="and",
        money_of="",
        decimal=".",
        money={
            "$": Money("dollar", "dollars", "cents"),
            "€": Money("euro", "euros", "cents"),
            "£": Money("pound", "pounds", "pence"),
            "R$": Money("real", "reais"),
            "¥": Money("yen", "yen"),
            "₹": Money("rupee", "rupees"),
        },
        short={
            "Mr": "Mister",
            "Mrs": "Missus",
            "Ms": "Miss",
            "Dr": "Doctor",
            "Prof": "Professor",
            "e.g": "for example",
            "i.e": "that is",
            "etc": "et cetera",
            "vs": "versus",
            "approx": "approximately",
        },
    ),
    "pt": SpokenWords(
        dot="ponto",
        at="arroba",
        money_and="e",
        money_of="de",
        money={
            "$": Money("dólar", "dólares"),
            "€": Money("euro", "euros"),
            "£": Money("libra", "libras"),
            "R$": Money("real", "reais"),
            "¥": Money("iene", "ienes"),
            "₹": Money("rúpia", "rúpias"),
        },
        short={
            "Sr": "senhor",
            "Sra": "senhora",
            "Dr": "doutor",
            "Dra": "doutora",
            "Prof": "professor",
            "Profa": "professora",
            "Av": "avenida",
            "etc": "et cetera",
            "p. ex": "por exemplo",
        },
    ),
    "es": SpokenWords(
        dot="punto",
        at="arroba",
        money_and="con",
        money_of="de",
        money={
            "$": Money("dólar", "dólares"),
            "€": Money("euro", "euros"),
            "£": Money("libra", "libras"),
            "R$": Money("real", "reales"),
            "¥": Money("yen", "yenes"),
            "₹": Money("rupia", "rupias"),
        },
        short={
            "Sr": "señor",
            "Sra": "señora",
            "Srta": "señorita",
            "Dr": "doctor",
            "Dra": "doctora",
            "Ud": "usted",
            "Uds": "ustedes",
            "Av": "avenida",
            "etc": "etcétera",
            "p. ej": "por ejemplo",
        },
    ),
    "fr": SpokenWords(
        dot="point",
        at="arobase",
        money_and="",
        money_of="de",
        money={
            "$": Money("dollar", "dollars"),
            "€": Money("euro", "euros"),
            "£": Money("livre", "livres"),
            "R$": Money("réal", "réals"),
            "¥": Money("yen", "yens"),
            "₹": Money("roupie", "roupies"),
        },
        short={
            "M": "monsieur",
            "Mme": "madame",
            "Mlle": "mademoiselle",
            "Dr": "docteur",
            "Pr": "professeur",
            "etc": "et cetera",
            "p. ex": "par exemple",
        },
    ),
    "it": SpokenWords(
        dot="punto",
        at="chiocciola",
        money_and="e",
        money_of="di",
        money={
            "$": Money("dollaro", "dollari"),
            "€": Money("euro", "euro"),
            "£": Money("sterlina", "sterline"),
            "R$": Money("real", "real"),
            "¥": Money("yen", "yen"),
            "₹": Money("rupia", "rupie"),
        },
        short={
            "Sig": "signor",
            "Sig.ra": "signora",
            "Dott": "dottor",
            "Dott.ssa": "dottoressa",
            "Prof": "professor",
            "ecc": "eccetera",
            "p. es": "per esempio",
        },
    ),
    "de": SpokenWords(
        dot="Punkt",
        at="ät",
        money_and="",
        money_of="",
        money={
            "$": Money("Dollar", "Dollar"),
            "€": Money("Euro", "Euro"),
            "£": Money("Pfund", "Pfund"),
            "R$": Money("Real", "Reais"),
            "¥": Money("Yen", "Yen"),
            "₹": Money("Rupie", "Rupien"),
        },
        short={
            "Hr": "Herr",
            "Fr": "Frau",
            "Dr": "Doktor",
            "Prof": "Professor",
            "Nr": "Nummer",
            "usw": "und so weiter",
            "bzw": "beziehungsweise",
            "z. B": "zum Beispiel",
            "z.B": "zum Beispiel",
            "d. h": "das heißt",
            "d.h": "das heißt",
        },
    ),
}

MILLIONS = (
    "hundred|thousand|[mb]illions?|trillions?|mil|milh(?:ão|ões)|bilh(?:ão|ões)|mill(?:ón|ones)|mille"
    "|milliards?|milion[ei]|miliard[oi]|Million(?:en)?|Milliarden?|Tausend"
)
"""What may stand between an amount and its currency, in any of the languages."""
