"""Spanish."""

# ruff: noqa: RUF001 -- the multiplication sign is meant

from __future__ import annotations

import re

from dragoman_handlers.speech.normalization.number_words import Money, Noun, SpokenWords, listed, nouns

_THOUSAND, _MILLION = Noun("mil", "mil"), Noun("millón", "millones")
_BILLION, _TRILLION = Noun("mil millones", "mil millones"), Noun("billón", "billones")

WORDS = SpokenWords(
    language="es",
    signs={
        "dot": "punto",
        "at": "arroba",
        "point": "punto",
        "minus": "menos",
        "to": "a",
        "ratio": "a",
        "number": "número",
        "version": "versión",
        "squared": "al cuadrado",
        "cubed": "al cubo",
        "power": "elevado a",
        "about": "unos",
        "times": "por",
        "slash": "barra",
    },
    operators={
        "+": "más",
        "=": "igual a",
        "&": "y",
        "%": "por ciento",
        "‰": "por mil",
        "§": "párrafo",
        "×": "por",
        "÷": "entre",
        "±": "más o menos",
        "≈": "aproximadamente",
        "≠": "distinto de",
        "≤": "como máximo",
        "≥": "como mínimo",
        "<": "menor que",
        ">": "mayor que",
        "√": "raíz cuadrada de",
        "∞": "infinito",
        "©": "copyright",
    },
    money_and="con",
    money_of="de",
    cents_named=False,
    money={
        "$": Money("dólar", "dólares", cent="centavo", cents="centavos"),
        "€": Money("euro", "euros", cent="céntimo", cents="céntimos"),
        "£": Money("libra", "libras", feminine=True, cent="penique", cents="peniques"),
        "R$": Money("real", "reales", cent="centavo", cents="centavos"),
        "¥": Money("yen", "yenes"),
        "₹": Money("rupia", "rupias", feminine=True),
        "CHF": Money("franco suizo", "francos suizos", cent="céntimo", cents="céntimos"),
        "C$": Money("dólar canadiense", "dólares canadienses", cent="centavo", cents="centavos"),
        "A$": Money("dólar australiano", "dólares australianos", cent="centavo", cents="centavos"),
        "₽": Money("rublo", "rublos", cent="kopek", cents="kopeks"),
        "₩": Money("won", "wones"),
        "₺": Money("lira", "liras", feminine=True),
        "₿": Money("bitcoin", "bitcoins"),
        "zł": Money("esloti", "eslotis"),
        "¢": Money("centavo", "centavos"),
    },
    scales={
        "k": _THOUSAND,
        "mil": _THOUSAND,
        "m": _MILLION,
        "mm": _MILLION,
        "mn": _MILLION,
        "mill": _MILLION,
        "mio": _MILLION,
        "b": _BILLION,
        "bn": _BILLION,
        "mrd": _BILLION,
        "tn": _TRILLION,
    },
    units=nouns("""
        mm milímetro, milímetros
        cm centímetro, centímetros
        m metro, metros
        km kilómetro, kilómetros
        nm nanómetro, nanómetros
        µm micrómetro, micrómetros
        m² metro cuadrado, metros cuadrados
        km² kilómetro cuadrado, kilómetros cuadrados
        cm² centímetro cuadrado, centímetros cuadrados
        m³ metro cúbico, metros cúbicos
        cm³ centímetro cúbico, centímetros cúbicos
        ha hectárea, hectáreas, f
        ng nanogramo, nanogramos
        µg microgramo, microgramos
        mcg microgramo, microgramos
        mg miligramo, miligramos
        g gramo, gramos
        kg kilo, kilos
        t tonelada, toneladas, f
        µl microlitro, microlitros
        ml mililitro, mililitros
        cl centilitro, centilitros
        dl decilitro, decilitros
        l litro, litros
        ns nanosegundo, nanosegundos
        µs microsegundo, microsegundos
        ms milisegundo, milisegundos
        s segundo, segundos
        seg segundo, segundos
        min minuto, minutos
        h hora, horas, f
        hs hora, horas, f
        W vatio, vatios
        kW kilovatio, kilovatios
        MW megavatio, megavatios
        GW gigavatio, gigavatios
        Wh vatio hora, vatios hora
        kWh kilovatio hora, kilovatios hora
        MWh megavatio hora, megavatios hora
        V voltio, voltios
        kV kilovoltio, kilovoltios
        mA miliamperio, miliamperios
        mAh miliamperio hora, miliamperios hora
        Ω ohmio, ohmios
        kΩ kiloohmio, kiloohmios
        Hz hercio, hercios
        kHz kilohercio, kilohercios
        MHz megahercio, megahercios
        GHz gigahercio, gigahercios
        KB kilobyte, kilobytes
        kB kilobyte, kilobytes
        MB megabyte, megabytes
        GB gigabyte, gigabytes
        TB terabyte, terabytes
        Mbps megabit por segundo, megabits por segundo
        Gbps gigabit por segundo, gigabits por segundo
        Mbit megabit, megabits
        Gbit gigabit, gigabits
        hPa hectopascal, hectopascales
        kPa kilopascal, kilopascales
        Pa pascal, pascales
        bar bar, bares
        dB decibelio, decibelios
        J julio, julios
        kJ kilojulio, kilojulios
        cal caloría, calorías, f
        kcal kilocaloría, kilocalorías, f
        N newton, newtons
        px píxel, píxeles
        rpm revolución por minuto, revoluciones por minuto, f
        ppm parte por millón, partes por millón, f
        lb libra, libras, f
        oz onza, onzas, f
        ft pie, pies
        mph milla por hora, millas por hora, f
        °C grado Celsius, grados Celsius
        °F grado Fahrenheit, grados Fahrenheit
        ° grado, grados
    """),
    per="por",
    fractions={
        "1/2": ("medio", "y medio"),
        "1/3": ("un tercio", "y un tercio"),
        "2/3": ("dos tercios", "y dos tercios"),
        "1/4": ("un cuarto", "y cuarto"),
        "3/4": ("tres cuartos", "y tres cuartos"),
        "1/5": ("un quinto", "y un quinto"),
        "2/5": ("dos quintos", "y dos quintos"),
        "3/5": ("tres quintos", "y tres quintos"),
        "4/5": ("cuatro quintos", "y cuatro quintos"),
        "1/6": ("un sexto", "y un sexto"),
        "5/6": ("cinco sextos", "y cinco sextos"),
        "1/8": ("un octavo", "y un octavo"),
        "3/8": ("tres octavos", "y tres octavos"),
        "5/8": ("cinco octavos", "y cinco octavos"),
        "7/8": ("siete octavos", "y siete octavos"),
        "1/10": ("un décimo", "y un décimo"),
    },
    one=("un", "una"),
    short={
        "Sr": "señor",
        "Sra": "señora",
        "Sres": "señores",
        "Srta": "señorita",
        "Dr": "doctor",
        "Dra": "doctora",
        "Prof": "profesor",
        "Ud": "usted",
        "Uds": "ustedes",
        "Vd": "usted",
        "Vds": "ustedes",
        "Av": "avenida",
        "Avda": "avenida",
        "etc": "etcétera",
        "p. ej": "por ejemplo",
        "p.ej": "por ejemplo",
        "aprox": "aproximadamente",
        "a. C": "antes de Cristo",
        "a.C": "antes de Cristo",
        "d. C": "después de Cristo",
        "d.C": "después de Cristo",
        "EE. UU": "Estados Unidos",
        "EE.UU": "Estados Unidos",
    },
    short_before_number={
        "n": "número",
        "p": "página",
        "s": "siglo",
        "pág": "página",
        "págs": "páginas",
        "cap": "capítulo",
        "Cap": "Capítulo",
        "vol": "volumen",
        "Vol": "Volumen",
        "art": "artículo",
        "Art": "Artículo",
        "fig": "figura",
        "Fig": "Figura",
        "tel": "teléfono",
        "Tel": "Teléfono",
        "núm": "número",
        "Núm": "Número",
    },
    months=(
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ),
    date="{day} de {month} de {year}",
    day_month="{day} de {month}",
    before_date=listed("el al del día hasta desde"),
    clock={"full": "{h} en punto", "few": "{h} y {m}", "more": "{h} y {m}"},
    ranked=re.compile(
        r"(?<![\w.,])(?P<n>\d{1,3}(?:\.\d{3})?)\s?(?:\.?\s?(?:º|(?P<f>ª))(?P<s>s)?|°(?=\s(?:lugar|andar|piso|ano|año|dia|día|turno|trimestre|semestre|bimestre|tempo|grau|grado|capítulo|prêmio|premio)\b)|\.\s?o|\.\s?(?P<f2>a)|\.?(?P<e>er)|\.?(?:ro|do|to|mo|vo|no)|\.?(?P<f3>ra|da|ta|ma|va|na))(?!\w)"
    ),
    parts=listed(
        "capítulo parte acto escena volumen libro sección artículo título tomo fase tipo clase grado nivel episodio"
        " temporada cuadro anexo apéndice guerra mundial grupo zona etapa bloque módulo unidad"
    ),
    eras=frozenset(("siglo", "siglos")),
    ranked_nouns={
        "guerra": True,
        "gran": True,
        "república": True,
        "conferencia": True,
        "edición": True,
        "semana": True,
        "jornada": True,
        "jornadas": True,
        "dinastía": True,
        "cumbre": True,
        "bienal": True,
        "congreso": False,
        "encuentro": False,
        "festival": False,
        "siglo": False,
        "imperio": False,
        "reich": False,
        "concilio": False,
        "simposio": False,
    },
    rulers=listed(
        "Juan Pedro Alfonso Sancho Fernando Felipe José María Miguel Luis Carlos Enrique Isabel Pablo Benedicto Pío"
        " León Gregorio Napoleón Ricardo Jorge Guillermo Eduardo Catalina Alejandro Nicolás Federico Francisco Jaime"
        " Inocencio Clemente Urbano Ramsés Ptolomeo Darío Jerjes Iván Ramiro García Bermudo Ordoño Leopoldo Alberto"
        " Víctor Humberto Bonifacio Sixto Julio Adriano Constantino Otón Gustavo Margarita Victoria Manuel"
    ),
)
