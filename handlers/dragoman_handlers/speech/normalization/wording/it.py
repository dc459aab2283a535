"""Italian."""

# ruff: noqa: RUF001 -- the multiplication sign is meant

from __future__ import annotations

import re

from dragoman_handlers.speech.normalization.number_words import Money, Noun, SpokenWords, listed, nouns

_THOUSAND, _MILLION = Noun("mila", "mila"), Noun("milione", "milioni")
_BILLION, _TRILLION = Noun("miliardo", "miliardi"), Noun("bilione", "bilioni")

WORDS = SpokenWords(
    language="it",
    signs={
        "dot": "punto",
        "at": "chiocciola",
        "point": "punto",
        "minus": "meno",
        "to": "a",
        "ratio": "a",
        "number": "numero",
        "version": "versione",
        "squared": "al quadrato",
        "cubed": "al cubo",
        "power": "elevato a",
        "about": "circa",
        "times": "per",
        "slash": "barra",
    },
    operators={
        "+": "più",
        "=": "uguale a",
        "&": "e",
        "%": "per cento",
        "‰": "per mille",
        "§": "paragrafo",
        "×": "per",
        "÷": "diviso",
        "±": "più o meno",
        "≈": "circa",
        "≠": "diverso da",
        "≤": "al massimo",
        "≥": "almeno",
        "<": "minore di",
        ">": "maggiore di",
        "√": "radice quadrata di",
        "∞": "infinito",
        "©": "copyright",
    },
    money_and="e",
    money_of="di",
    cents_named=False,
    money={
        "$": Money("dollaro", "dollari", cent="centesimo", cents="centesimi"),
        "€": Money("euro", "euro", cent="centesimo", cents="centesimi"),
        "£": Money("sterlina", "sterline", feminine=True, cent="penny", cents="pence"),
        "R$": Money("real", "real", cent="centavo", cents="centavo"),
        "¥": Money("yen", "yen"),
        "₹": Money("rupia", "rupie", feminine=True),
        "CHF": Money("franco svizzero", "franchi svizzeri", cent="centesimo", cents="centesimi"),
        "C$": Money("dollaro canadese", "dollari canadesi", cent="centesimo", cents="centesimi"),
        "A$": Money("dollaro australiano", "dollari australiani", cent="centesimo", cents="centesimi"),
        "₽": Money("rublo", "rubli", cent="copeco", cents="copechi"),
        "₩": Money("won", "won"),
        "₺": Money("lira turca", "lire turche", feminine=True),
        "₿": Money("bitcoin", "bitcoin"),
        "zł": Money("zloty", "zloty"),
        "¢": Money("centesimo", "centesimi"),
    },
    scales={
        "k": _THOUSAND,
        "mila": _THOUSAND,
        "m": _MILLION,
        "mln": _MILLION,
        "mn": _MILLION,
        "mio": _MILLION,
        "b": _BILLION,
        "bn": _BILLION,
        "mld": _BILLION,
        "mrd": _BILLION,
        "tn": _TRILLION,
    },
    units=nouns("""
        mm millimetro, millimetri
        cm centimetro, centimetri
        m metro, metri
        km chilometro, chilometri
        km/h chilometro orario, chilometri orari
        m/s metro al secondo, metri al secondo
        nm nanometro, nanometri
        µm micrometro, micrometri
        m² metro quadrato, metri quadrati
        mq metro quadrato, metri quadrati
        km² chilometro quadrato, chilometri quadrati
        cm² centimetro quadrato, centimetri quadrati
        m³ metro cubo, metri cubi
        cm³ centimetro cubo, centimetri cubi
        ha ettaro, ettari
        ng nanogrammo, nanogrammi
        µg microgrammo, microgrammi
        mcg microgrammo, microgrammi
        mg milligrammo, milligrammi
        g grammo, grammi
        kg chilo, chili
        t tonnellata, tonnellate, f
        µl microlitro, microlitri
        ml millilitro, millilitri
        cl centilitro, centilitri
        dl decilitro, decilitri
        l litro, litri
        ns nanosecondo, nanosecondi
        µs microsecondo, microsecondi
        ms millisecondo, millisecondi
        s secondo, secondi
        sec secondo, secondi
        min minuto, minuti
        h ora, ore, f
        W watt, watt
        kW kilowatt, kilowatt
        MW megawatt, megawatt
        GW gigawatt, gigawatt
        Wh wattora, wattora
        kWh kilowattora, kilowattora
        MWh megawattora, megawattora
        V volt, volt
        kV kilovolt, kilovolt
        mA milliampere, milliampere
        mAh milliamperora, milliamperora
        Ω ohm, ohm
        kΩ kiloohm, kiloohm
        Hz hertz, hertz
        kHz kilohertz, kilohertz
        MHz megahertz, megahertz
        GHz gigahertz, gigahertz
        KB kilobyte, kilobyte
        kB kilobyte, kilobyte
        MB megabyte, megabyte
        GB gigabyte, gigabyte
        TB terabyte, terabyte
        Mbps megabit al secondo, megabit al secondo
        Gbps gigabit al secondo, gigabit al secondo
        Mbit megabit, megabit
        Gbit gigabit, gigabit
        hPa ettopascal, ettopascal
        kPa kilopascal, kilopascal
        Pa pascal, pascal
        bar bar, bar
        dB decibel, decibel
        J joule, joule
        kJ kilojoule, kilojoule
        cal caloria, calorie, f
        kcal chilocaloria, chilocalorie, f
        N newton, newton
        px pixel, pixel
        rpm giro al minuto, giri al minuto
        ppm parte per milione, parti per milione, f
        lb libbra, libbre, f
        oz oncia, once, f
        mph miglio orario, miglia orarie
        °C grado Celsius, gradi Celsius
        °F grado Fahrenheit, gradi Fahrenheit
        ° grado, gradi
    """),
    per="per",
    fractions={
        "1/2": ("mezzo", "e mezzo"),
        "1/3": ("un terzo", "e un terzo"),
        "2/3": ("due terzi", "e due terzi"),
        "1/4": ("un quarto", "e un quarto"),
        "3/4": ("tre quarti", "e tre quarti"),
        "1/5": ("un quinto", "e un quinto"),
        "2/5": ("due quinti", "e due quinti"),
        "3/5": ("tre quinti", "e tre quinti"),
        "4/5": ("quattro quinti", "e quattro quinti"),
        "1/6": ("un sesto", "e un sesto"),
        "5/6": ("cinque sesti", "e cinque sesti"),
        "1/8": ("un ottavo", "e un ottavo"),
        "3/8": ("tre ottavi", "e tre ottavi"),
        "5/8": ("cinque ottavi", "e cinque ottavi"),
        "7/8": ("sette ottavi", "e sette ottavi"),
        "1/10": ("un decimo", "e un decimo"),
    },
    one=("un", "una"),
    short={
        "Sig": "signor",
        "Sig.ra": "signora",
        "Sig.na": "signorina",
        "Dott": "dottor",
        "Dr": "dottor",
        "Dott.ssa": "dottoressa",
        "Prof": "professor",
        "Prof.ssa": "professoressa",
        "Avv": "avvocato",
        "Ing": "ingegner",
        "ecc": "eccetera",
        "p. es": "per esempio",
        "p.es": "per esempio",
        "a.C": "avanti Cristo",
        "d.C": "dopo Cristo",
        "ca": "circa",
    },
    short_before_number={
        "p": "pagina",
        "sec": "secolo",
        "pp": "pagine",
        "pag": "pagina",
        "pagg": "pagine",
        "cap": "capitolo",
        "Cap": "Capitolo",
        "vol": "volume",
        "Vol": "Volume",
        "art": "articolo",
        "Art": "Articolo",
        "fig": "figura",
        "Fig": "Figura",
        "tel": "telefono",
        "Tel": "Telefono",
        "n": "numero",
        "N": "numero",
        "nr": "numero",
        "num": "numero",
    },
    months=(
        "gennaio",
        "febbraio",
        "marzo",
        "aprile",
        "maggio",
        "giugno",
        "luglio",
        "agosto",
        "settembre",
        "ottobre",
        "novembre",
        "dicembre",
    ),
    date="{day} {month} {year}",
    day_month="{day} {month}",
    before_date=listed("il del al dal entro"),
    clock={"full": "{h} {hours}", "few": "{h} e {m}", "more": "{h} e {m}"},
    ranked=re.compile(
        r"(?<![\w.,])(?P<n>\d{1,3})\s?(?:\.?\s?(?:º|(?P<f>ª))|°(?=\s(?!circa|all|nord|sud|est\b|ovest|sotto|sopra|con\b|nel|oggi|quest|gradi|per\b|fuori)[a-zà-ù]{3}))(?!\w)"
    ),
    parts=listed(
        "capitolo parte atto scena volume libro sezione articolo titolo tomo fase tipo classe grado livello episodio"
        " stagione tabella allegato appendice mondiale gruppo zona tappa blocco modulo unità"
    ),
    eras=frozenset(("secolo", "secoli")),
    ranked_nouns={
        "secolo": False,
        "guerra": True,
        "repubblica": True,
        "edizione": True,
        "conferenza": True,
        "dinastia": True,
        "giornata": True,
        "congresso": False,
        "impero": False,
        "reich": False,
        "concilio": False,
        "municipio": False,
    },
    rulers=listed(
        "Luigi Carlo Enrico Francesco Filippo Napoleone Giovanni Paolo Benedetto Pio Leone Gregorio Riccardo Giorgio"
        " Guglielmo Edoardo Elisabetta Caterina Pietro Alessandro Nicola Federico Giacomo Maria Vittorio Emanuele"
        " Umberto Amedeo Ferdinando Innocenzo Clemente Urbano Ramses Tolomeo Dario Serse Ivan Leopoldo Alberto"
        " Bonifacio Sisto Giulio Adriano Costantino Ottone Gustavo Margherita Vittoria Alfonso Cosimo Lorenzo"
    ),
)
