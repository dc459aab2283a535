"""German."""

# ruff: noqa: RUF001 -- the multiplication sign is meant

from __future__ import annotations

import re

from dragoman_handlers.speech.normalization.number_words import Money, Noun, SpokenWords, listed, nouns

_THOUSAND, _MILLION = Noun("Tausend", "Tausend"), Noun("Million", "Millionen", feminine=True)
_BILLION = Noun("Milliarde", "Milliarden", feminine=True)
_TRILLION = Noun("Billion", "Billionen", feminine=True)

WORDS = SpokenWords(
    language="de",
    signs={
        "dot": "Punkt",
        "at": "ät",
        "point": "Punkt",
        "minus": "minus",
        "to": "bis",
        "ratio": "zu",
        "number": "Nummer",
        "version": "Version",
        "squared": "zum Quadrat",
        "cubed": "hoch drei",
        "power": "hoch",
        "about": "ungefähr",
        "times": "mal",
        "slash": "Schrägstrich",
    },
    operators={
        "+": "plus",
        "=": "gleich",
        "&": "und",
        "%": "Prozent",
        "‰": "Promille",
        "§": "Paragraph",
        "×": "mal",
        "÷": "geteilt durch",
        "±": "plus minus",
        "≈": "ungefähr",
        "≠": "ungleich",
        "≤": "höchstens",
        "≥": "mindestens",
        "<": "kleiner als",
        ">": "größer als",
        "√": "Wurzel aus",
        "∞": "unendlich",
        "©": "Copyright",
    },
    money_and="",
    money_of="",
    cents_named=False,
    money={
        "$": Money("Dollar", "Dollar", cent="Cent", cents="Cent"),
        "€": Money("Euro", "Euro", cent="Cent", cents="Cent"),
        "£": Money("Pfund", "Pfund", cent="Penny", cents="Pence"),
        "R$": Money("Real", "Reais", cent="Centavo", cents="Centavos"),
        "¥": Money("Yen", "Yen"),
        "₹": Money("Rupie", "Rupien", feminine=True),
        "CHF": Money("Schweizer Franken", "Schweizer Franken", cent="Rappen", cents="Rappen"),
        "C$": Money("kanadischer Dollar", "kanadische Dollar", cent="Cent", cents="Cent"),
        "A$": Money("australischer Dollar", "australische Dollar", cent="Cent", cents="Cent"),
        "₽": Money("Rubel", "Rubel", cent="Kopeke", cents="Kopeken"),
        "₩": Money("Won", "Won"),
        "₺": Money("Lira", "Lira", feminine=True),
        "₿": Money("Bitcoin", "Bitcoin"),
        "zł": Money("Zloty", "Zloty"),
        "¢": Money("Cent", "Cent"),
    },
    scales={
        "k": _THOUSAND,
        "tsd": _THOUSAND,
        "m": _MILLION,
        "mn": _MILLION,
        "mill": _MILLION,
        "mio": _MILLION,
        "b": _BILLION,
        "bn": _BILLION,
        "mrd": _BILLION,
        "bio": _TRILLION,
    },
    units=nouns("""
        mm Millimeter
        cm Zentimeter
        m Meter
        km Kilometer
        nm Nanometer
        µm Mikrometer
        m² Quadratmeter
        qm Quadratmeter
        km² Quadratkilometer
        cm² Quadratzentimeter
        m³ Kubikmeter
        cm³ Kubikzentimeter
        ha Hektar
        ng Nanogramm
        µg Mikrogramm
        mcg Mikrogramm
        mg Milligramm
        g Gramm
        kg Kilo
        t Tonne, Tonnen, f
        µl Mikroliter
        ml Milliliter
        cl Zentiliter
        dl Deziliter
        l Liter
        ns Nanosekunde, Nanosekunden, f
        µs Mikrosekunde, Mikrosekunden, f
        ms Millisekunde, Millisekunden, f
        s Sekunde, Sekunden, f
        Sek Sekunde, Sekunden, f
        min Minute, Minuten, f
        Min Minute, Minuten, f
        h Stunde, Stunden, f
        Std Stunde, Stunden, f
        W Watt
        kW Kilowatt
        MW Megawatt
        GW Gigawatt
        Wh Wattstunde, Wattstunden, f
        kWh Kilowattstunde, Kilowattstunden, f
        MWh Megawattstunde, Megawattstunden, f
        V Volt
        kV Kilovolt
        mA Milliampere
        mAh Milliamperestunde, Milliamperestunden, f
        Ω Ohm
        kΩ Kiloohm
        Hz Hertz
        kHz Kilohertz
        MHz Megahertz
        GHz Gigahertz
        KB Kilobyte
        kB Kilobyte
        MB Megabyte
        GB Gigabyte
        TB Terabyte
        Mbps Megabit pro Sekunde
        Gbps Gigabit pro Sekunde
        Mbit Megabit
        Gbit Gigabit
        hPa Hektopascal
        kPa Kilopascal
        Pa Pascal
        bar Bar
        dB Dezibel
        J Joule
        kJ Kilojoule
        cal Kalorie, Kalorien, f
        kcal Kilokalorie, Kilokalorien, f
        N Newton
        px Pixel
        rpm Umdrehung pro Minute, Umdrehungen pro Minute, f
        ppm Teil pro Million, Teile pro Million
        lb Pfund
        oz Unze, Unzen, f
        mph Meile pro Stunde, Meilen pro Stunde, f
        °C Grad Celsius
        °F Grad Fahrenheit
        ° Grad
    """),
    per="pro",
    fractions={
        "1/2": ("ein halb", "einhalb"),
        "1/3": ("ein Drittel", "ein Drittel"),
        "2/3": ("zwei Drittel", "zwei Drittel"),
        "1/4": ("ein Viertel", "ein Viertel"),
        "3/4": ("drei Viertel", "drei Viertel"),
        "1/5": ("ein Fünftel", "ein Fünftel"),
        "2/5": ("zwei Fünftel", "zwei Fünftel"),
        "3/5": ("drei Fünftel", "drei Fünftel"),
        "4/5": ("vier Fünftel", "vier Fünftel"),
        "1/6": ("ein Sechstel", "ein Sechstel"),
        "5/6": ("fünf Sechstel", "fünf Sechstel"),
        "1/8": ("ein Achtel", "ein Achtel"),
        "3/8": ("drei Achtel", "drei Achtel"),
        "5/8": ("fünf Achtel", "fünf Achtel"),
        "7/8": ("sieben Achtel", "sieben Achtel"),
        "1/10": ("ein Zehntel", "ein Zehntel"),
    },
    one=("ein", "eine"),
    short={
        "Hr": "Herr",
        "Fr": "Frau",
        "Dr": "Doktor",
        "Prof": "Professor",
        "usw": "und so weiter",
        "bzw": "beziehungsweise",
        "ca": "circa",
        "vgl": "vergleiche",
        "evtl": "eventuell",
        "ggf": "gegebenenfalls",
        "inkl": "inklusive",
        "zzgl": "zuzüglich",
        "z. B": "zum Beispiel",
        "z.B": "zum Beispiel",
        "d. h": "das heißt",
        "d.h": "das heißt",
        "u. a": "unter anderem",
        "u.a": "unter anderem",
        "v. Chr": "vor Christus",
        "n. Chr": "nach Christus",
    },
    short_before_number={
        "Nr": "Nummer",
        "nr": "Nummer",
        "S": "Seite",
        "Kap": "Kapitel",
        "Bd": "Band",
        "Art": "Artikel",
        "Abs": "Absatz",
        "Abb": "Abbildung",
        "Tel": "Telefon",
        "Tab": "Tabelle",
    },
    months=(
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ),
    date="{day} {month} {year}",
    day_month="{day} {month}",
    before_date=listed("am vom zum bis ab dem den der"),
    clock={"full": "{h} Uhr", "few": "{h} Uhr {m}", "more": "{h} Uhr {m}"},
    ranked=re.compile(
        r"(?P<n>(?<![\w.,])\d{1,3})\.(?=\s(?:Jahrhundert|Stock|Etage|Klasse|Platz|Mal|Tag|Teil|Kapitel|Geburtstag"
        r"|Weltkrieg|Liga|Runde|Reihe|Auflage|Semester|Januar|Februar|März|April|Mai|Juni|Juli|August|September"
        r"|Oktober|November|Dezember|Jan|Feb|Mär|Apr|Jun|Jul|Aug|Sep|Sept|Okt|Nov|Dez)(?!\w))"
    ),
    parts=listed(
        "kapitel teil akt szene band buch abschnitt artikel titel phase typ klasse grad stufe folge staffel tabelle"
        " anhang gruppe zone etappe block modul hartz"
    ),
    eras=frozenset(),
    ranked_nouns={"jahrhundert": False, "weltkrieg": False, "reich": False, "dynastie": True},
    rulers=listed(
        "Ludwig Karl Heinrich Franz Philipp Napoleon Johannes Paul Benedikt Pius Leo Gregor Richard Georg Wilhelm"
        " Eduard Elisabeth Katharina Peter Alexander Nikolaus Friedrich Jakob Maria Innozenz Clemens Urban Ramses"
        " Ptolemäus Darius Xerxes Iwan Leopold Albert Viktor Bonifatius Sixtus Julius Hadrian Konstantin Otto Gustav"
        " Margarethe Juan Felipe Alfons Ferdinand Joseph Maximilian Rudolf Sigismund Konrad Charles Elizabeth"
    ),
)
