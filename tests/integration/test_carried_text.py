"""What no model may change, through real sockets and the real models: identifiers, signs, foreign letters, markup."""

# ruff: noqa: RUF001 -- signs that look alike are what this is about

from __future__ import annotations

import uuid

import pytest

from dragoman_engines.base import Engine, EngineSpec
from dragoman_engines.process.factory import make_engine
from scripts.quality_runs.identifiers import KINDS, make_sentences, not_kept
from tests.harness import Peer, ServerProcess, connected

pytestmark = pytest.mark.models

OTHER = {"en": "pt", "pt": "en"}
KEPT: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("en", "The number is PT50414521098417982718246 and nothing else.", ("PT50414521098417982718246",)),
    ("en", "My card 4111 1111 1111 1111 expires 04/27.", ("4111 1111 1111 1111", "04/27")),
    ("pt", "O meu cartão 5500-0000-0000-0004 expira em 04/27.", ("5500-0000-0000-0004", "04/27")),
    ("en", "It is −5 °C outside.", ("−5 °C",)),
    ("pt", "Estão −12,5 graus lá fora.", ("−12",)),
    ("en", "Take 50 µg twice a day and 3 Ω at 5‰.", ("50 µg", "3 Ω", "5‰")),
    ("pt", "A parede tem 12 m² e 10² furos.", ("12 m²", "10²")),
    ("en", "Add ½ cup of flour and 2½ pounds of beef.", ("½ ", "2½")),
    ("en", "Prices are in £ and not in €.", ("£", "€")),
    ("pt", "Ele mede 6′2″ e a água é H₂O.", ("6′2″", "H₂O")),
    ("en", "I can´t come, it´s too late.", ("não",)),
    ("en", "I don`t know, it`s late.", ("não",)),
    ("en", "My friend Наташа lives in Москва.", ("Наташа", "Москва")),
    ("pt", "O meu amigo Łukasz Żółć vive em Łódź com o Jürgen.", ("Łukasz Żółć", "Łódź", "Jürgen")),
    ("en", "Ask Şahin Çelik from 東京.", ("Şahin Çelik", "東京")),
    ("en", "Wow‼️ Really⁉️", ("‼️ ", "⁉️")),
    ("en", "I give up (╯°□°)╯︵ ┻━┻", ("(╯°□°)╯︵ ┻━┻",)),
    ("pt", "ಠ_ಠ o que estás a fazer?", ("ಠ_ಠ",)),
    ("en", "\u2068Where is the station?\u2069", ("\u2068", "?\u2069")),
    ("pt", "A \u2068Ana\u2069 está aqui.", ("\u2068Ana\u2069",)),
    (
        "en",
        "You have {n, plural,\n one {one message}\n other {# messages}\n}.",
        ("{n, plural,\n one {", "}\n other {# "),
    ),
    ("pt", "{n, plural, one {uma casa} other {# casas}}", ("{n, plural, one {", "} other {# ", "}}")),
    ("en", "[url=https://example.org]the rules[/url] apply.", ("[url=https://example.org]", "[/url]")),
    ("en", 'Read [our guide](https://example.org/g "The guide") first.', ('](https://example.org/g "The guide")',)),
    (
        "en",
        "00:00:01.000 --> 00:00:02.000 align:start\nGood morning.",
        ("00:00:01.000 --> 00:00:02.000 align:start\n",),
    ),
    ("en", "Use a && b in report.pdf on origin/main.", ("&&", "report.pdf", "origin/main")),
)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return make_engine(EngineSpec(kind="translation", model="embedded"))


def translate_all(server: ServerProcess, texts: list[tuple[str, str]]) -> list[str]:
    """The translations of (language, text), asked for at once."""
    run = uuid.uuid4().hex
    with connected(server, f"carried-{run}") as peer:
        for number, (source, text) in enumerate(texts):
            ask(peer, f"{run}-{number}", source, text)
        results: dict[str, str] = {}
        while len(results) < len(texts):
            message = peer.receive()
            assert message.type != "translation_error", message.fields
            if message.type == "translation_completed":
                results[message.fields["taskId"]] = message.fields["result"]["translatedText"]
        return [results[f"{run}-{number}"] for number in range(len(texts))]


def ask(peer: Peer, task_id: str, source: str, text: str) -> None:
    peer.send(
        {
            "type": "translation",
            "taskId": task_id,
            "text": text,
            "sourceLanguage": source,
            "targetLanguages": [OTHER[source]],
        }
    )


def test_what_a_model_would_change_comes_back_as_it_was(model_server: ServerProcess) -> None:
    translations = translate_all(model_server, [(source, text) for source, text, _ in KEPT])
    lost = [
        (text, translation, part)
        for (_, text, kept), translation in zip(KEPT, translations, strict=True)
        for part in kept
        if part not in translation
    ]
    assert lost == []
    untranslated = [text for (_, text, _), translation in zip(KEPT, translations, strict=True) if text == translation]
    assert untranslated == []


def test_identifiers_of_every_kind_come_back_from_the_models(model_server: ServerProcess) -> None:
    sentences = make_sentences(12 * len(KINDS), 11)
    translations = translate_all(model_server, [(sentence.source, sentence.text) for sentence in sentences])
    assert not not_kept(sentences, translations)


def test_a_firefox_model_says_which_letters_it_knows(engine: Engine) -> None:
    alphabets = {(each.source, each.target): each for each in engine.capabilities.alphabets}
    assert set(alphabets) == {("en", "pt"), ("pt", "en")}
    for each in alphabets.values():
        assert set("aZ0.,?áçõ") <= set(each.reads)
        assert not set("µ²½€−Łøüжж東‼À") & set(each.reads + each.writes)
