"""French."""

# ruff: noqa: RUF001 -- the multiplication sign is meant

from __future__ import annotations

import re

from dragoman_handlers.speech.normalization.number_words import Money, Noun, SpokenWords, listed, nouns

_THOUSAND, _MILLION = Noun("mille", "mille"), Noun("million", "millions")
_BILLION, _TRILLION = Noun("milliard", "milliards"), Noun("billion", "billions")

WORDS = SpokenWords(
    language="fr",
    groups=" ",
    signs={
        "dot": "point",
        "at": "arobase",
        "point": "point",
        "minus": "moins",
        "to": "à",
        "ratio": "à",
        "number": "numéro",
        "version": "version",
        "squared": "au carré",
        "cubed": "au cube",
        "power": "puissance",
        "about": "environ",
        "times": "fois",
        "slash": "barre",
    },
    operators={
        "+": "plus",
        "=": "égale",
        "&": "et",
        "%": "pour cent",
        "‰": "pour mille",
        "§": "paragraphe",
        "×": "fois",
        "÷": "divisé par",
        "±": "plus ou moins",
        "≈": "environ",
        "≠": "différent de",
        "≤": "au plus",
        "≥": "au moins",
        "<": "inférieur à",
        ">": "supérieur à",
        "√": "racine carrée de",
        "∞": "infini",
        "©": "copyright",
    },
    money_and="",
    money_of="de",
    cents_named=False,
    money={
        "$": Money("dollar", "dollars", cent="cent", cents="cents"),
        "€": Money("euro", "euros", cent="centime", cents="centimes"),
        "£": Money("livre", "livres", feminine=True, cent="penny", cents="pence"),
        "R$": Money("réal", "réals", cent="centavo", cents="centavos"),
        "¥": Money("yen", "yens"),
        "₹": Money("roupie", "roupies", feminine=True),
        "CHF": Money("franc suisse", "francs suisses", cent="centime", cents="centimes"),
        "C$": Money("dollar canadien", "dollars canadiens", cent="cent", cents="cents"),
        "A$": Money("dollar australien", "dollars australiens", cent="cent", cents="cents"),
        "₽": Money("rouble", "roubles", cent="kopeck", cents="kopecks"),
        "₩": Money("won", "wons"),
        "₺": Money("livre turque", "livres turques", feminine=True),
        "₿": Money("bitcoin", "bitcoins"),
        "zł": Money("zloty", "zlotys"),
        "¢": Money("cent", "cents"),
    },
    scales={
        "k": _THOUSAND,
        "m": _MILLION,
        "mn": _MILLION,
        "mio": _MILLION,
        "b": _BILLION,
        "bn": _BILLION,
        "md": _BILLION,
        "mds": _BILLION,
        "mrd": _BILLION,
        "tn": _TRILLION,
    },
    units=nouns("""
        mm millimètre, millimètres
        cm centimètre, centimètres
        m mètre, mètres
        km kilomètre, kilomètres
        nm nanomètre, nanomètres
        µm micromètre, micromètres
        m² mètre carré, mètres carrés
        km² kilomètre carré, kilomètres carrés
        cm² centimètre carré, centimètres carrés
        m³ mètre cube, mètres cubes
        cm³ centimètre cube, centimètres cubes
        ha hectare, hectares
        ng nanogramme, nanogrammes
        µg microgramme, microgrammes
        mcg microgramme, microgrammes
        mg milligramme, milligrammes
        g gramme, grammes
        kg kilo, kilos
        t tonne, tonnes, f
        µl microlitre, microlitres
        ml millilitre, millilitres
        cl centilitre, centilitres
        dl décilitre, décilitres
        l litre, litres
        ns nanoseconde, nanosecondes, f
        µs microseconde, microsecondes, f
        ms milliseconde, millisecondes, f
        s seconde, secondes, f
        sec seconde, secondes, f
        min minute, minutes, f
        mn minute, minutes, f
        h heure, heures, f
        W watt, watts
        kW kilowatt, kilowatts
        MW mégawatt, mégawatts
        GW gigawatt, gigawatts
        Wh wattheure, wattheures
        kWh kilowattheure, kilowattheures
        MWh mégawattheure, mégawattheures
        V volt, volts
        kV kilovolt, kilovolts
        mA milliampère, milliampères
        mAh milliampèreheure, milliampèreheures
        Ω ohm, ohms
        kΩ kiloohm, kiloohms
        Hz hertz, hertz
        kHz kilohertz, kilohertz
        MHz mégahertz, mégahertz
        GHz gigahertz, gigahertz
        KB kilo-octet, kilo-octets
        kB kilo-octet, kilo-octets
        MB mégaoctet, mégaoctets
        GB gigaoctet, gigaoctets
        TB téraoctet, téraoctets
        Ko kilo-octet, kilo-octets
        ko kilo-octet, kilo-octets
        Mo mégaoctet, mégaoctets
        Go gigaoctet, gigaoctets
        To téraoctet, téraoctets
        Mbps mégabit par seconde, mégabits par seconde
        Gbps gigabit par seconde, gigabits par seconde
        Mbit mégabit, mégabits
        Gbit gigabit, gigabits
        hPa hectopascal, hectopascals
        kPa kilopascal, kilopascals
        Pa pascal, pascals
        bar bar, bars
        dB décibel, décibels
        J joule, joules
        kJ kilojoule, kilojoules
        cal calorie, calories, f
        kcal kilocalorie, kilocalories, f
        N newton, newtons
        px pixel, pixels
        rpm tour par minute, tours par minute
        ppm partie par million, parties par million, f
        lb livre, livres, f
        oz once, onces, f
        mph mile par heure, miles par heure
        °C degré Celsius, degrés Celsius
        °F degré Fahrenheit, degrés Fahrenheit
        ° degré, degrés
    """),
    per="par",
    fractions={
        "1/2": ("un demi", "et demi"),
        "1/3": ("un tiers", "et un tiers"),
        "2/3": ("deux tiers", "et deux tiers"),
        "1/4": ("un quart", "et quart"),
        "3/4": ("trois quarts", "et trois quarts"),
        "1/5": ("un cinquième", "et un cinquième"),
        "2/5": ("deux cinquièmes", "et deux cinquièmes"),
        "3/5": ("trois cinquièmes", "et trois cinquièmes"),
        "4/5": ("quatre cinquièmes", "et quatre cinquièmes"),
        "1/6": ("un sixième", "et un sixième"),
        "5/6": ("cinq sixièmes", "et cinq sixièmes"),
        "1/8": ("un huitième", "et un huitième"),
        "3/8": ("trois huitièmes", "et trois huitièmes"),
        "5/8": ("cinq huitièmes", "et cinq huitièmes"),
        "7/8": ("sept huitièmes", "et sept huitièmes"),
        "1/10": ("un dixième", "et un dixième"),
    },
    one=("un", "une"),
    short={
        "M": "monsieur",
        "MM": "messieurs",
        "Mme": "madame",
        "Mmes": "mesdames",
        "Mlle": "mademoiselle",
        "Dr": "docteur",
        "Pr": "professeur",
        "etc": "et cetera",
        "p. ex": "par exemple",
        "p.ex": "par exemple",
        "av. J.-C": "avant Jésus-Christ",
        "apr. J.-C": "après Jésus-Christ",
        "env": "environ",
    },
    short_before_number={
        "p": "page",
        "pp": "pages",
        "chap": "chapitre",
        "Chap": "Chapitre",
        "vol": "volume",
        "Vol": "Volume",
        "art": "article",
        "Art": "Article",
        "fig": "figure",
        "Fig": "Figure",
        "tél": "téléphone",
        "Tél": "Téléphone",
        "no": "numéro",
        "No": "numéro",
        "num": "numéro",
    },
    months=(
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ),
    date="{day} {month} {year}",
    day_month="{day} {month}",
    before_date=listed("le du au dès"),
    clock={"full": "{h} {hours}", "few": "{h} {hours} {m}", "more": "{h} {hours} {m}"},
    ranked=re.compile(
        r"(?<![\w.,])(?P<n>\d{1,3})\s?(?:er|(?P<f>ères?|res?)|(?:èmes?|iemes?|ièmes?|emes?|es?|nds?|ndes?))(?!\w)"
    ),
    parts=listed(
        "chapitre partie acte scène volume livre section article titre tome phase type classe grade niveau épisode"
        " saison tableau annexe guerre mondiale groupe zone étape bloc module unité"
    ),
    eras=frozenset(),
    ranked_nouns={
        "siècle": False,
        "siècles": False,
        "république": True,
        "arrondissement": False,
        "empire": False,
        "reich": False,
        "dynastie": True,
        "concile": False,
    },
    rulers=listed(
        "Louis Charles Henri François Philippe Napoléon Jean Paul Benoît Pie Léon Grégoire Richard Georges Guillaume"
        " Édouard Edouard Élisabeth Elisabeth Elizabeth Catherine Pierre Alexandre Nicolas Frédéric Jacques Marie"
        " Innocent Clément Urbain Ramsès Ptolémée Darius Xerxès Ivan Léopold Albert Victor Humbert Boniface Sixte"
        " Jules Adrien Constantin Otton Gustave Marguerite Philippe Felipe Juan Alphonse Isabelle Hassan Mohammed"
        " Childéric Clovis Dagobert Clotaire Robert Baudouin"
    ),
)
