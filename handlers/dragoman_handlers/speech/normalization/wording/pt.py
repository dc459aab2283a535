"""Portuguese."""

# ruff: noqa: RUF001 -- the multiplication sign is meant

from __future__ import annotations

import re

from dragoman_handlers.speech.normalization.number_words import Money, Noun, SpokenWords, listed, nouns

_THOUSAND, _MILLION = Noun("mil", "mil"), Noun("milhão", "milhões")
_BILLION, _TRILLION = Noun("bilhão", "bilhões"), Noun("trilhão", "trilhões")

WORDS = SpokenWords(
    language="pt",
    signs={
        "dot": "ponto",
        "at": "arroba",
        "point": "ponto",
        "minus": "menos",
        "to": "a",
        "ratio": "para",
        "number": "número",
        "version": "versão",
        "squared": "ao quadrado",
        "cubed": "ao cubo",
        "power": "elevado a",
        "about": "cerca de",
        "times": "vezes",
        "slash": "barra",
    },
    operators={
        "+": "mais",
        "=": "igual a",
        "&": "e",
        "%": "por cento",
        "‰": "por mil",
        "§": "parágrafo",
        "×": "vezes",
        "÷": "dividido por",
        "±": "mais ou menos",
        "≈": "cerca de",
        "≠": "diferente de",
        "≤": "no máximo",
        "≥": "no mínimo",
        "<": "menor que",
        ">": "maior que",
        "√": "raiz quadrada de",
        "∞": "infinito",
        "©": "copyright",
    },
    money_and="e",
    money_of="de",
    money={
        "$": Money("dólar", "dólares", cent="centavo", cents="centavos"),
        "€": Money("euro", "euros", cent="cêntimo", cents="cêntimos"),
        "£": Money("libra", "libras", feminine=True, cent="pêni", cents="pence"),
        "R$": Money("real", "reais", cent="centavo", cents="centavos"),
        "¥": Money("iene", "ienes"),
        "₹": Money("rúpia", "rúpias", feminine=True),
        "CHF": Money("franco suíço", "francos suíços", cent="cêntimo", cents="cêntimos"),
        "C$": Money("dólar canadense", "dólares canadenses", cent="centavo", cents="centavos"),
        "A$": Money("dólar australiano", "dólares australianos", cent="centavo", cents="centavos"),
        "₽": Money("rublo", "rublos", cent="copeque", cents="copeques"),
        "₩": Money("won", "wons"),
        "₺": Money("lira", "liras", feminine=True),
        "₿": Money("bitcoin", "bitcoins"),
        "zł": Money("zloty", "zlotys"),
        "¢": Money("centavo", "centavos"),
    },
    scales={
        "k": _THOUSAND,
        "mil": _THOUSAND,
        "m": _MILLION,
        "mi": _MILLION,
        "mm": _MILLION,
        "mn": _MILLION,
        "mio": _MILLION,
        "b": _BILLION,
        "bi": _BILLION,
        "bn": _BILLION,
        "mrd": _BILLION,
        "tri": _TRILLION,
        "tn": _TRILLION,
    },
    units=nouns("""
        mm milímetro, milímetros
        cm centímetro, centímetros
        m metro, metros
        km quilômetro, quilômetros
        nm nanômetro, nanômetros
        µm micrômetro, micrômetros
        m² metro quadrado, metros quadrados
        km² quilômetro quadrado, quilômetros quadrados
        cm² centímetro quadrado, centímetros quadrados
        m³ metro cúbico, metros cúbicos
        cm³ centímetro cúbico, centímetros cúbicos
        ha hectare, hectares
        ng nanograma, nanogramas
        µg micrograma, microgramas
        mcg micrograma, microgramas
        mg miligrama, miligramas
        g grama, gramas
        kg quilo, quilos
        t tonelada, toneladas, f
        µl microlitro, microlitros
        ml mililitro, mililitros
        cl centilitro, centilitros
        dl decilitro, decilitros
        l litro, litros
        ns nanossegundo, nanossegundos
        µs microssegundo, microssegundos
        ms milissegundo, milissegundos
        s segundo, segundos
        seg segundo, segundos
        min minuto, minutos
        h hora, horas, f
        hs hora, horas, f
        W watt, watts
        kW quilowatt, quilowatts
        MW megawatt, megawatts
        GW gigawatt, gigawatts
        Wh watt-hora, watts-hora
        kWh quilowatt-hora, quilowatts-hora
        MWh megawatt-hora, megawatts-hora
        V volt, volts
        kV quilovolt, quilovolts
        mA miliampere, miliamperes
        mAh miliampere-hora, miliamperes-hora
        Ω ohm, ohms
        kΩ quilo-ohm, quilo-ohms
        Hz hertz, hertz
        kHz quilohertz, quilohertz
        MHz megahertz, megahertz
        GHz gigahertz, gigahertz
        KB quilobyte, quilobytes
        kB quilobyte, quilobytes
        MB megabyte, megabytes
        GB gigabyte, gigabytes
        TB terabyte, terabytes
        Mbps megabit por segundo, megabits por segundo
        Gbps gigabit por segundo, gigabits por segundo
        Mbit megabit, megabits
        Gbit gigabit, gigabits
        hPa hectopascal, hectopascais
        kPa quilopascal, quilopascais
        Pa pascal, pascais
        bar bar, bares
        dB decibel, decibéis
        J joule, joules
        kJ quilojoule, quilojoules
        cal caloria, calorias, f
        kcal quilocaloria, quilocalorias, f
        N newton, newtons
        px pixel, pixels
        rpm rotação por minuto, rotações por minuto, f
        ppm parte por milhão, partes por milhão, f
        lb libra, libras, f
        oz onça, onças, f
        ft pé, pés
        mph milha por hora, milhas por hora, f
        °C grau Celsius, graus Celsius
        °F grau Fahrenheit, graus Fahrenheit
        ° grau, graus
    """),
    per="por",
    fractions={
        "1/2": ("meio", "e meio"),
        "1/3": ("um terço", "e um terço"),
        "2/3": ("dois terços", "e dois terços"),
        "1/4": ("um quarto", "e um quarto"),
        "3/4": ("três quartos", "e três quartos"),
        "1/5": ("um quinto", "e um quinto"),
        "2/5": ("dois quintos", "e dois quintos"),
        "3/5": ("três quintos", "e três quintos"),
        "4/5": ("quatro quintos", "e quatro quintos"),
        "1/6": ("um sexto", "e um sexto"),
        "5/6": ("cinco sextos", "e cinco sextos"),
        "1/8": ("um oitavo", "e um oitavo"),
        "3/8": ("três oitavos", "e três oitavos"),
        "5/8": ("cinco oitavos", "e cinco oitavos"),
        "7/8": ("sete oitavos", "e sete oitavos"),
        "1/10": ("um décimo", "e um décimo"),
    },
    one=("um", "uma"),
    short={
        "Sr": "senhor",
        "Sra": "senhora",
        "Srs": "senhores",
        "Dr": "doutor",
        "Dra": "doutora",
        "Prof": "professor",
        "Profa": "professora",
        "Eng": "engenheiro",
        "Av": "avenida",
        "Exmo": "excelentíssimo",
        "Exma": "excelentíssima",
        "etc": "et cetera",
        "p. ex": "por exemplo",
        "p.ex": "por exemplo",
        "aprox": "aproximadamente",
        "séc": "século",
        "Séc": "Século",
        "Ltda": "limitada",
        "a.C": "antes de Cristo",
        "d.C": "depois de Cristo",
    },
    short_before_number={
        "n": "número",
        "p": "página",
        "pp": "páginas",
        "pág": "página",
        "págs": "páginas",
        "cap": "capítulo",
        "Cap": "Capítulo",
        "vol": "volume",
        "Vol": "Volume",
        "art": "artigo",
        "Art": "Artigo",
        "fig": "figura",
        "Fig": "Figura",
        "tel": "telefone",
        "Tel": "Telefone",
        "núm": "número",
        "ap": "apartamento",
        "apto": "apartamento",
    },
    months=(
        "janeiro",
        "fevereiro",
        "março",
        "abril",
        "maio",
        "junho",
        "julho",
        "agosto",
        "setembro",
        "outubro",
        "novembro",
        "dezembro",
    ),
    date="{day} de {month} de {year}",
    day_month="{day} de {month}",
    before_date=listed("em dia até desde de a no do ao"),
    clock={"full": "{h} {hours}", "few": "{h} e {m}", "more": "{h} e {m}"},
    ranked=re.compile(
        r"(?<![\w.,])(?P<n>\d{1,3}(?:\.\d{3})?)\s?\.?\s?(?:º|°(?=\s(?:lugar|andar|piso|ano|año|dia|día|turno|trimestre|semestre|bimestre|tempo|grau|grado|capítulo|prêmio|premio)\b)|o(?<=\.o)|(?P<f>ª|a(?<=\.a)))(?P<s>s)?(?!\w)"
    ),
    parts=listed(
        "capítulo parte ato acto cena volume livro secção seção artigo título tomo fase tipo classe grau nível"
        " episódio temporada quadro anexo apêndice guerra mundial grupo zona etapa bloco módulo unidade"
    ),
    eras=frozenset(("século", "séculos")),
    ranked_nouns={
        "guerra": True,
        "grande": True,
        "república": True,
        "conferência": True,
        "edição": True,
        "semana": True,
        "jornada": True,
        "jornadas": True,
        "dinastia": True,
        "cimeira": True,
        "bienal": True,
        "congresso": False,
        "encontro": False,
        "festival": False,
        "século": False,
        "império": False,
        "reich": False,
        "concílio": False,
        "governo": False,
        "simpósio": False,
    },
    rulers=listed(
        "João Pedro Manuel Afonso Sancho Dinis Fernando Duarte Sebastião Filipe José Maria Miguel Luís Carlos Henrique"
        " Isabel Paulo Bento Pio Leão Gregório Napoleão Ricardo Jorge Guilherme Eduardo Catarina Alexandre Nicolau"
        " Felipe Juan Frederico Francisco Inocêncio Clemente Urbano Ramsés Ptolomeu Dario Xerxes Ivan Jaime Elizabeth"
        " Isabela António Antônio Alfonso Leopoldo Alberto Vítor Umberto Bonifácio Sisto Júlio Adriano Constantino"
        " Otto Gustavo Margarida Vitória Luiz"
    ),
)
