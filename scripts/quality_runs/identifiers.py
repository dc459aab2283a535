"""Random identifiers in sentences: how many come back as they were, from the models and from a garbling engine."""

from __future__ import annotations

import asyncio
import base64
import random
import re
import string
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from dragoman_client import Client
from dragoman_engines.base import Alphabet, Capabilities
from dragoman_engines.pool.unit import Answer
from dragoman_engines.work import TranslateSentences, Translations
from dragoman_handlers.base import Context
from dragoman_handlers.text.options import TranslationWish
from dragoman_handlers.text.placeholders import WAYS
from dragoman_handlers.text.translate import translate_text
from scripts.quality_runs.asking import ask_server, each
from scripts.quality_runs.plan import Plan
from scripts.quality_runs.report import Check, at_least

COUNT = 10_000
"""For the engine that garbles."""
SAMPLE = 300
"""For the models, of each direction."""
_SEED = 20
_PARTS = (
    "report invoice login main draft photo budget music config server client deploy notes summer backup release user"
    " search image token render cache parser upload"
)
_WORDS = _PARTS.split()
_ENDINGS = "pdf txt docx py tar.gz jpg png mp3 json xlsx zip md csv html toml rs"
_CARRIERS: Mapping[str, Sequence[str]] = {
    "en": (
        "The number is {} and nothing else.",
        "Please send {} to my brother before noon.",
        "I think that {} is the right one.",
        "We could not find {} in the list.",
        "Is {} still there?",
        "She asked me about {}, and I did not know it.",
        "Write it down: {}",
    ),
    "pt": (
        "O número é {} e mais nada.",
        "Por favor, envia {} ao meu irmão antes do meio-dia.",
        "Penso que {} é o certo.",
        "Não encontrámos {} na lista.",
        "Ainda lá está {}?",
        "Ela perguntou-me por {}, e eu não sabia.",
        "Toma nota: {}",
    ),
}
_OTHER = {"en": "pt", "pt": "en"}
Make = Callable[[random.Random], str]


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """A sentence with an identifier in it."""

    kind: str
    identifier: str
    text: str
    source: str

    @property
    def target(self) -> str:
        """Return the language to translate it to."""
        return _OTHER[self.source]

    def kept(self, translation: str) -> bool:
        """Return whether the identifier is in a translation, letter by letter, and is no part of a longer one."""
        return re.search(rf"(?<![\w]){re.escape(self.identifier)}(?![\w])", translation) is not None


def measure(_plan: Plan) -> list[Check]:
    """Hold both directions against 10,000 of 10,000."""
    return check_identifiers()


def check_identifiers(count: int = COUNT, sample: int = SAMPLE) -> list[Check]:
    """Count what is kept: of `count` by an engine that garbles all it sees, of twice `sample` by the models."""
    checks = []
    for keeps_placeholders in (False, True):
        sentences = make_sentences(count, _SEED)
        translations = asyncio.run(translate_garbled(sentences, keeps_placeholders=keeps_placeholders))
        what = "garbles all but placeholders" if keeps_placeholders else "garbles everything"
        checks.append(_check(f"by an engine that {what}", sentences, translations))
    sentences = make_sentences(2 * sample, _SEED + 1)
    translations = ask_server(lambda client: _ask(client, sentences))
    return [*checks, _check("by the models, both ways", sentences, translations)]


def _check(name: str, sentences: Sequence[Sentence], translations: Sequence[str]) -> Check:
    lost = not_kept(sentences, translations)
    kept = len(sentences) - sum(lost.values())
    named = f" ({', '.join(lost)})" if lost else ""
    return at_least(f"identifiers kept of {len(sentences)}, {name}{named}", kept, unit="", bound=len(sentences))


def not_kept(sentences: Sequence[Sentence], translations: Sequence[str]) -> Counter[str]:
    """Count what is lost, by kind."""
    pairs = zip(sentences, translations, strict=True)
    return Counter(sentence.kind for sentence, translation in pairs if not sentence.kept(translation))


def make_sentences(count: int, seed: int) -> list[Sentence]:
    """Make sentences with identifiers of every kind in turn, in both languages; the same for the same seed."""
    chance = random.Random(seed)
    kinds = list(KINDS.items())
    found = []
    for number in range(count):
        kind, make = kinds[number % len(kinds)]
        source = "en" if number // len(kinds) % 2 == 0 else "pt"
        identifier = make(chance)
        text = chance.choice(_CARRIERS[source]).format(identifier)
        found.append(Sentence(kind=kind, identifier=identifier, text=text, source=source))
    return found


async def _ask(client: Client, sentences: Sequence[Sentence]) -> list[str]:
    async def translate(sentence: Sentence) -> str:
        return (await client.translate(sentence.text, sentence.source, to=sentence.target)).text

    return await each(translate, sentences)


# An engine that garbles


async def translate_garbled(sentences: Sequence[Sentence], *, keeps_placeholders: bool) -> list[str]:
    """Translate by way of the text code, with an engine that changes every letter and every digit."""
    context = cast("Context", _Garbling(keeps_placeholders=keeps_placeholders))
    wish = TranslationWish()
    return [
        (await translate_text(context, sentence.text, sentence.source, sentence.target, wish)).text
        for sentence in sentences
    ]


class _Garbling:
    """A task's view of a server whose translation engine garbles what it is given."""

    def __init__(self, *, keeps_placeholders: bool) -> None:
        names = [name for way in WAYS for name in (*way.names, *way.numbers)] if keeps_placeholders else []
        marks = [re.escape(way.marks).replace(r"\{\}", r"\d+") for way in WAYS] if keeps_placeholders else []
        kept = "|".join([*(rf"\b{name}\b" for name in names), *marks, r"\Z"])
        self._part = re.compile(rf"({kept})")
        letters = string.printable[:95] + "ÁÉàáâãçéêíóôõú°"
        self._capabilities = Capabilities(
            model="garbling",
            revision="1",
            pairs=[*_OTHER.items()],
            alphabets=[Alphabet(reads=letters, writes=letters)],
        )

    async def capabilities(self, _kind: str, _model: str = "") -> Capabilities:
        return self._capabilities

    async def recall(self, questions: Sequence[Any], _answer_type: type[Any]) -> list[None]:
        return [None] * len(questions)

    def remember(self, *_: object, **__: object) -> None:
        """Keep nothing."""

    async def run(self, work: TranslateSentences, *, size_s: float) -> Answer[Any]:  # noqa: ARG002 - what units are asked for with
        result = Translations(sentences=[self._garble(sentence) for sentence in work.sentences])
        return Answer(result=result, queued_s=0, began_s=0, ended_s=0, compute_s=0, worker="garbling")

    def _garble(self, sentence: str) -> str:
        parts = self._part.split(sentence)
        return "".join(part if at % 2 else garbled(part) for at, part in enumerate(parts))


_GARBLED = str.maketrans(
    string.ascii_lowercase + string.ascii_uppercase + string.digits,
    string.ascii_lowercase[1:] + "a" + string.ascii_uppercase[1:] + "A" + string.digits[1:] + "0",
)


def garbled(text: str) -> str:
    """Return a text with every letter and every digit changed."""
    return text.translate(_GARBLED)


# Making identifiers


def _some(chance: random.Random, alphabet: str, least: int, most: int | None = None) -> str:
    return "".join(chance.choices(alphabet, k=chance.randint(least, most or least)))


def _digits(chance: random.Random, least: int, most: int | None = None) -> str:
    return _some(chance, string.digits, least, most)


def _hex(chance: random.Random, least: int, most: int | None = None) -> str:
    text = _some(chance, "0123456789abcdef", least, most)
    return text.upper() if chance.random() < 0.3 else text


def _grouped(chance: random.Random, text: str, sizes: Sequence[int], joints: str) -> str:
    joint, parts, at = chance.choice(joints), [], 0
    for size in sizes:
        parts.append(text[at : at + size])
        at += size
    return joint.join(part for part in parts if part)


def _word(chance: random.Random) -> str:
    return chance.choice(_WORDS)


def _card(chance: random.Random) -> str:
    if chance.random() < 0.2:
        return "3" + _grouped(chance, _digits(chance, 14), (3, 6, 5), " -")
    number = chance.choice("456") + _digits(chance, 15)
    return number if chance.random() < 0.3 else _grouped(chance, number, (4, 4, 4, 4), " -")


def _isbn(chance: random.Random) -> str:
    group, publisher = chance.randint(1, 2), chance.randint(2, 5)
    body = [_digits(chance, group), _digits(chance, publisher), _digits(chance, 9 - group - publisher)]
    short = [*body, chance.choice(string.digits + "X")]
    parts = short if chance.random() < 0.4 else ["978", *body, _digits(chance, 1)]
    return chance.choice(("-", "-", "")).join(parts)


def _iban(chance: random.Random) -> str:
    land, length = chance.choice((("PT", 21), ("DE", 18), ("ES", 20), ("NO", 11), ("BR", 23), ("GB", 18), ("FR", 23)))
    body = _digits(chance, length)
    if land in ("GB", "FR", "BR"):
        body = _some(chance, string.ascii_uppercase, 4) + body[4:]
    number = land + _digits(chance, 2) + body
    return number if chance.random() < 0.6 else _grouped(chance, number, [4] * 8, " ")


def _uuid(chance: random.Random) -> str:
    text = str(uuid.UUID(int=chance.getrandbits(128), version=4))
    return chance.choice((text, text, text.upper()))


def _base64(chance: random.Random) -> str:
    raw = chance.randbytes(chance.randint(12, 40))
    encode = chance.choice((base64.b64encode, base64.urlsafe_b64encode))
    return encode(raw).decode().rstrip(chance.choice(("", "="))).strip("-_/+")


def _file(chance: random.Random) -> str:
    stem = chance.choice(
        (
            _word(chance),
            f"{_word(chance)}-{_word(chance)}",
            f"{_word(chance)}_{_digits(chance, 1, 4)}",
            f"{_word(chance).upper()}",
            f"IMG_{_digits(chance, 8)}_{_digits(chance, 6)}",
            f"relatório-{_digits(chance, 4)}",
            f"{_word(chance)}.min",
        )
    )
    return f"{stem}.{chance.choice(_ENDINGS.split())}"


def _path(chance: random.Random) -> str:
    parts = [_word(chance) for _ in range(chance.randint(2, 4))]
    return chance.choice(
        (
            "/" + "/".join(parts),
            "~/" + "/".join(parts),
            "./" + "/".join(parts) + ".py",
            "C:\\" + "\\".join(parts),
            "../" + "/".join(parts),
            "src/" + "/".join(parts) + ".ts",
            "/".join(parts) + f"/{_word(chance)}.txt",
        )
    )


def _branch(chance: random.Random) -> str:
    return chance.choice(
        (
            f"feature/{_word(chance)}-{_word(chance)}",
            f"fix/{_digits(chance, 2, 5)}-{_word(chance)}",
            f"origin/{_word(chance)}",
            f"release/{chance.randint(1, 9)}.{chance.randint(0, 30)}",
            f"hotfix/{_word(chance)}",
            f"bugfix/{_word(chance).upper()}-{_digits(chance, 1, 4)}",
            f"refs/heads/{_word(chance)}",
        )
    )


def _version(chance: random.Random) -> str:
    numbers = [str(chance.randint(0, 30)) for _ in range(3)]
    return chance.choice(
        (
            ".".join(numbers),
            "v" + ".".join(numbers),
            "v" + ".".join(numbers[:2]),
            ".".join(numbers) + f"-rc.{chance.randint(1, 9)}",
            ".".join(numbers) + f"b{chance.randint(1, 9)}",
            ".".join(numbers) + f"+build.{_digits(chance, 1, 4)}",
            ".".join([*numbers, _digits(chance, 1, 4)]),
        )
    )


def _telephone(chance: random.Random) -> str:
    return chance.choice(
        (
            f"+351 9{_digits(chance, 2)} {_digits(chance, 3)} {_digits(chance, 3)}",
            f"+1 ({_digits(chance, 3)}) {_digits(chance, 3)}-{_digits(chance, 4)}",
            f"({_digits(chance, 3)}) {_digits(chance, 3)}-{_digits(chance, 4)}",
            f"9{_digits(chance, 2)} {_digits(chance, 3)} {_digits(chance, 3)}",
            f"+55 11 9{_digits(chance, 4)}-{_digits(chance, 4)}",
            f"0{_digits(chance, 2)} {_digits(chance, 4)} {_digits(chance, 4)}",
            f"+44{_digits(chance, 10)}",
            f"{_digits(chance, 3)}.{_digits(chance, 3)}.{_digits(chance, 4)}",
            f"{_digits(chance, 3)}-{_digits(chance, 4)}",
        )
    )


def _address(chance: random.Random) -> str:
    return chance.choice(
        (
            ".".join(str(chance.randint(1, 254)) for _ in range(4)),
            ":".join(_hex(chance, 2) for _ in range(6)),
            ":".join(_hex(chance, 4) for _ in range(8)),
            f"2001:db8::{_hex(chance, 1, 4)}:{_hex(chance, 1, 4)}",
        )
    )


def _code(chance: random.Random) -> str:
    letters = string.ascii_uppercase
    return chance.choice(
        (
            f"{_some(chance, letters, 2, 4)}-{_digits(chance, 3, 8)}",
            f"{_some(chance, letters, 2)}{_digits(chance, 9)}{_some(chance, letters, 2)}",
            f"INV-20{_digits(chance, 2)}-{_digits(chance, 4, 6)}",
            f"#{_digits(chance, 2, 7)}",
            f"{_digits(chance, 8)}{chance.choice(letters)}",
            f"{_some(chance, letters + string.digits, 3)}{_digits(chance, 3)}{_some(chance, letters, 4)}",
            f"20{_digits(chance, 2)}-{chance.randint(10, 12)}-{chance.randint(10, 28)}",
        )
    )


def _name(chance: random.Random) -> str:
    one, other, third = (_word(chance) for _ in range(3))
    return chance.choice(
        (
            f"{one}_{other}",
            f"{one}{other.title()}",
            f"{one.upper()}_{other.upper()}",
            f"{one}_{other}_{_digits(chance, 1, 3)}",
            f"{one}.{other}.{third}",
            f"{one.title()}{other.title()}{third.title()}",
        )
    )


KINDS: Mapping[str, Make] = {
    "long number": lambda chance: chance.choice("123456789") + _digits(chance, 6, 39),
    "card": _card,
    "ISBN": _isbn,
    "IBAN": _iban,
    "hash": lambda chance: _hex(chance, chance.choice((7, 8, 10, 12, 32, 40, 64))),
    "UUID": _uuid,
    "hexadecimal": lambda chance: f"0x{_hex(chance, 2, 16)}",
    "base64": _base64,
    "file name": _file,
    "path": _path,
    "branch": _branch,
    "version": _version,
    "telephone": _telephone,
    "address": _address,
    "code": _code,
    "program's name": _name,
}
"""What each kind is called, and what makes one of it."""
