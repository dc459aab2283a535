"""English."""

# ruff: noqa: RUF001 -- the multiplication sign is meant

from __future__ import annotations

import re

from dragoman_handlers.speech.normalization.number_words import Money, Noun, SpokenWords, listed, nouns

_MILLION, _BILLION, _TRILLION = (Noun(word, word) for word in ("million", "billion", "trillion"))
_THOUSAND = Noun("thousand", "thousand")

WORDS = SpokenWords(
    language="en",
    decimal=".",
    groups=",",
    signs={
        "dot": "dot",
        "at": "at",
        "point": "point",
        "minus": "minus",
        "to": "to",
        "ratio": "to",
        "number": "number",
        "version": "version",
        "squared": "squared",
        "cubed": "cubed",
        "power": "to the power of",
        "about": "about",
        "times": "times",
        "slash": "slash",
    },
    operators={
        "+": "plus",
        "=": "equals",
        "&": "and",
        "%": "percent",
        "‰": "per thousand",
        "§": "section",
        "×": "times",
        "÷": "divided by",
        "±": "plus or minus",
        "≈": "about",
        "≠": "is not equal to",
        "≤": "at most",
        "≥": "at least",
        "<": "less than",
        ">": "greater than",
        "√": "square root of",
        "∞": "infinity",
        "©": "copyright",
    },
    money_and="and",
    money_of="",
    money={
        "$": Money("dollar", "dollars", cent="cent", cents="cents"),
        "€": Money("euro", "euros", cent="cent", cents="cents"),
        "£": Money("pound", "pounds", cent="penny", cents="pence"),
        "R$": Money("real", "reais", cent="centavo", cents="centavos"),
        "¥": Money("yen", "yen"),
        "₹": Money("rupee", "rupees", cent="paisa", cents="paise"),
        "CHF": Money("Swiss franc", "Swiss francs", cent="centime", cents="centimes"),
        "C$": Money("Canadian dollar", "Canadian dollars", cent="cent", cents="cents"),
        "A$": Money("Australian dollar", "Australian dollars", cent="cent", cents="cents"),
        "₽": Money("rouble", "roubles", cent="kopeck", cents="kopecks"),
        "₩": Money("won", "won"),
        "₺": Money("lira", "lira"),
        "₿": Money("bitcoin", "bitcoins"),
        "zł": Money("zloty", "zloty"),
        "¢": Money("cent", "cents"),
    },
    scales={
        "k": _THOUSAND,
        "m": _MILLION,
        "mn": _MILLION,
        "mln": _MILLION,
        "mm": _MILLION,
        "mio": _MILLION,
        "b": _BILLION,
        "bn": _BILLION,
        "bln": _BILLION,
        "mrd": _BILLION,
        "t": _TRILLION,
        "tn": _TRILLION,
        "trn": _TRILLION,
    },
    units=nouns("""
        mm millimetre, millimetres
        cm centimetre, centimetres
        m metre, metres
        km kilometre, kilometres
        nm nanometre, nanometres
        µm micrometre, micrometres
        m² square metre, square metres
        km² square kilometre, square kilometres
        cm² square centimetre, square centimetres
        m³ cubic metre, cubic metres
        cm³ cubic centimetre, cubic centimetres
        ha hectare, hectares
        ng nanogram, nanograms
        µg microgram, micrograms
        mcg microgram, micrograms
        mg milligram, milligrams
        g gram, grams
        kg kilogram, kilograms
        t tonne, tonnes
        µl microlitre, microlitres
        ml millilitre, millilitres
        cl centilitre, centilitres
        dl decilitre, decilitres
        l litre, litres
        ns nanosecond, nanoseconds
        µs microsecond, microseconds
        ms millisecond, milliseconds
        s second, seconds
        sec second, seconds
        min minute, minutes
        mins minute, minutes
        h hour, hours
        hr hour, hours
        hrs hour, hours
        W watt, watts
        kW kilowatt, kilowatts
        MW megawatt, megawatts
        GW gigawatt, gigawatts
        Wh watt hour, watt hours
        kWh kilowatt hour, kilowatt hours
        MWh megawatt hour, megawatt hours
        V volt, volts
        kV kilovolt, kilovolts
        mA milliampere, milliamperes
        mAh milliampere hour, milliampere hours
        Ω ohm, ohms
        kΩ kiloohm, kiloohms
        Hz hertz, hertz
        kHz kilohertz, kilohertz
        MHz megahertz, megahertz
        GHz gigahertz, gigahertz
        KB kilobyte, kilobytes
        kB kilobyte, kilobytes
        MB megabyte, megabytes
        GB gigabyte, gigabytes
        TB terabyte, terabytes
        Mbps megabit per second, megabits per second
        Gbps gigabit per second, gigabits per second
        Mbit megabit, megabits
        Gbit gigabit, gigabits
        kbps kilobit per second, kilobits per second
        hPa hectopascal, hectopascals
        kPa kilopascal, kilopascals
        Pa pascal, pascals
        bar bar, bars
        psi p s i, p s i
        dB decibel, decibels
        J joule, joules
        kJ kilojoule, kilojoules
        cal calorie, calories
        kcal kilocalorie, kilocalories
        N newton, newtons
        px pixel, pixels
        rpm revolution per minute, revolutions per minute
        ppm part per million, parts per million
        fps frame per second, frames per second
        lb pound, pounds
        lbs pound, pounds
        oz ounce, ounces
        ft foot, feet
        yd yard, yards
        mi mile, miles
        mph mile per hour, miles per hour
        mpg mile per gallon, miles per gallon
        kph kilometre per hour, kilometres per hour
        °C degree Celsius, degrees Celsius
        °F degree Fahrenheit, degrees Fahrenheit
        ° degree, degrees
        " inch, inches
    """),
    per="per",
    fractions={
        "1/2": ("one half", "and a half"),
        "1/3": ("one third", "and a third"),
        "2/3": ("two thirds", "and two thirds"),
        "1/4": ("one quarter", "and a quarter"),
        "3/4": ("three quarters", "and three quarters"),
        "1/5": ("one fifth", "and one fifth"),
        "2/5": ("two fifths", "and two fifths"),
        "3/5": ("three fifths", "and three fifths"),
        "4/5": ("four fifths", "and four fifths"),
        "1/6": ("one sixth", "and one sixth"),
        "5/6": ("five sixths", "and five sixths"),
        "1/8": ("one eighth", "and one eighth"),
        "3/8": ("three eighths", "and three eighths"),
        "5/8": ("five eighths", "and five eighths"),
        "7/8": ("seven eighths", "and seven eighths"),
        "1/10": ("one tenth", "and one tenth"),
    },
    one=("1", "1"),
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
        "Ave": "Avenue",
        "Blvd": "Boulevard",
        "Jr": "Junior",
        "Inc": "Incorporated",
        "Ltd": "Limited",
        "Gov": "Governor",
        "Gen": "General",
        "Capt": "Captain",
        "Sgt": "Sergeant",
        "Lt": "Lieutenant",
        "Mt": "Mount",
        "dept": "department",
    },
    short_before_number={
        "No": "number",
        "no": "number",
        "Nos": "numbers",
        "p": "page",
        "pp": "pages",
        "ch": "chapter",
        "Ch": "Chapter",
        "vol": "volume",
        "Vol": "Volume",
        "fig": "figure",
        "Fig": "Figure",
        "sec": "section",
        "Sec": "Section",
        "art": "article",
        "Art": "Article",
        "tel": "telephone",
        "Tel": "Telephone",
        "ext": "extension",
        "Jan": "January",
        "Feb": "February",
        "Mar": "March",
        "Apr": "April",
        "Jun": "June",
        "Jul": "July",
        "Aug": "August",
        "Sept": "September",
        "Sep": "September",
        "Oct": "October",
        "Nov": "November",
        "Dec": "December",
    },
    months=(
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    date="{month} {day}, {year}",
    day_month="{month} {day}",
    clock={"full": "{h} o'clock", "few": "{h} oh {m}", "more": "{h} {m}"},
    ranked=re.compile(r"(?<![\w.,])(?P<n>\d{1,3})(?:st|nd|rd|th)\b"),
    parts=listed(
        "chapter part act scene volume book section article appendix phase type class grade level stage war title"
        " amendment bowl episode season figure table round unit group zone step tier mark"
    ),
    ranked_nouns={"century": False, "olympiad": False, "dynasty": False, "legion": False},
    rulers=listed(
        "Henry Charles George Elizabeth Edward Richard William James Mary Louis Philip Francis Frederick Napoleon"
        " Catherine Peter Alexander Nicholas Ivan John Paul Pius Benedict Gregory Leo Innocent Clement Urban Ramesses"
        " Ptolemy Darius Xerxes Cyrus Otto Leopold Albert Victor Umberto Felipe Juan Alfonso Pedro Gustav Carl Haakon"
        " Olaf Christian Harald Margaret Beatrix Boniface Sixtus Celestine Julius Adrian Stephen Robert"
        " Constantine Justinian Theodosius Suleiman Mehmed Selim Murad Abdulhamid Vittorio Emmanuel Emanuel Joseph"
        " Isabella Maria Ferdinand Maximilian Rudolf Sigismund Wilhelm Friedrich Tutankhamun Thutmose Amenhotep"
    ),
)
