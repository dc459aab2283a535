"""Short texts, capitals and repeats, as chats send them: through the sockets and the real models."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dragoman_client import SyncClient
from scripts.quality_runs.text_cases import TextCase, load
from tests.harness import ECHO, ECHO_ENGINES, Message, Peer, ServerProcess, connected, running_server

pytest.importorskip("fxtranslate", reason="the [models] extra is not installed")

pytestmark = pytest.mark.models

MODEL: dict[str, object] = {"engines__translation__model": "firefox"}
MINE = ("phrase-", "caps-", "repeat-")
"""The kinds of ../shared/cases/text.jsonl that are about short texts."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with running_server(tmp_path_factory.mktemp("short"), **(ECHO | MODEL)) as running:
        yield running.wait_ready()


@pytest.fixture(scope="module")
def peer(server: ServerProcess) -> Iterator[Peer]:
    with connected(server, "short") as one:
        yield one


def answered(peer: Peer, text: str, source: str, **fields: Any) -> Message:
    target = {"en": "pt", "pt": "en"}[source]
    request = {"type": "translation", "text": text, "sourceLanguage": source, "targetLanguages": [target]}
    [_, answer, _] = peer.run(request | fields)
    assert answer.type == "translation_completed", answer.fields
    return answer


def translated(peer: Peer, text: str, source: str = "en") -> str:
    return str(answered(peer, text, source).fields["result"]["translatedText"])


def test_the_cases_of_short_texts_hold(peer: Peer, shared_data: Path) -> None:
    cases = [case for case in load(shared_data.parent / "cases" / "text.jsonl") if case.name.startswith(MINE)]
    assert len(cases) >= 12

    def wrong(case: TextCase) -> list[str]:
        return case.faults(translated(peer, case.text, case.source))

    assert {case.name: faults for case in cases if (faults := wrong(case))} == {}


@pytest.mark.parametrize(
    ("text", "translation"),
    [
        ("Good morning. Where is the station?", "Bom dia. Onde está a estação?"),
        ("Good night", "Boa noite"),
        ("Thanks for everything, Maria! 😀", "Obrigado por tudo, Maria! 😀"),
        ("Hello! How are you? Thank you.", "Olá! Como está? Obrigado."),
        ("sleepyhead", "sonolento"),
        ("see u at 8", "vejo você às 8"),
        ("i dont know what to do", "eu não sei o que fazer"),
        ("DID YOU KNOW?", "VOCÊ SABIA?"),
        ("I LOVE THE BBC", "EU AMO A BBC"),
        ("I LOST MY iPhone YESTERDAY", "EU PERDI MEU iPhone ONTEM"),
        ("WARNING", "AVISO"),
        (
            "This is fine. I AM WAITING OUTSIDE",
            "Isso está bem. EU ESTOU ESPERANDO FORA|Isso é bom. ESTOU ESPERANDO DO LADO DE FORA",
        ),
        ("STOP SHOUTING @ana PLEASE", "PARE DE GRITAR @ana POR FAVOR"),
        ("ha ha ha ha", "ha ha ha ha"),
    ],
)
def test_english_short_texts_are_right(peer: Peer, text: str, translation: str) -> None:
    # Which of two right ones it is depends on how the processor's instructions round.
    assert translated(peer, text) in translation.split("|")


@pytest.mark.parametrize(
    ("text", "translation"),
    [
        ("Até amanhã, João!", "See you tomorrow, João!"),
        ("oi, tudo bem?", "hi, how are you?"),
        ("nao esquece de comprar pao", "don't forget to buy bread"),
        ("hj nao posso", "I can't do it today"),
        ("AMANHÃ NÃO VOU", "I WILL NOT GO"),
        ("Política De Privacidade", "Privacy Policy"),
        ("obrigado obrigado obrigado", "thank you thank you thank you"),
    ],
)
def test_portuguese_short_texts_are_right(peer: Peer, text: str, translation: str) -> None:
    assert translated(peer, text, "pt") == translation


@pytest.mark.parametrize("source", ["en", "pt"])
def test_no_short_text_gets_a_bracket_a_quotation_mark_or_a_comma_that_it_lacks(peer: Peer, source: str) -> None:
    texts = {
        "en": "lol|shut it|bye bye now|np|gotcha|ttyl8r|cheerio|yikes|ugh|meh|boo|gg|afk|rip|sigh|whoops|duh|nah mate|"
        "aye|ta|laters|peace out|my bad dude|sweet|sick|dope|lit|bruh|yolo|tgif|smh|irl|dm me|pm me|ping me|bump|"
        "on it boss|roger that|copy that|over and out|ten four|say what|come again|big up|good one|sure did",
        "pt": "eita|opa|uai|bah|tchê|ué|oxe|vixe|puts|nossa mãe|valeu cara|falou mano|suave|de boa|fechou|já era|vish|"
        "aff|affs|eba|uhul|arrasou|mandou bem|tá ligado|saquei|demorou|pô|cê tá bem|num sei|tá osso|que nada|tu viu|"
        "partiu|simbora|te cuida|tmj irmão|glr|mds|slk|pdc|sqn|plmdds|flw|vdd|sla",
    }[source]
    odd = {
        text: answer
        for text in texts.split("|")
        if (answer := translated(peer, text, source))
        and (any(sign in answer for sign in '()[]{}"“”') or answer.rstrip()[-1] in ",:;-")
    }
    assert odd == {}


@pytest.mark.parametrize(
    "text", ["go go go go go go go!", "la la la la la la", "blah blah blah blah", "tick tock tick tock tick tock"]
)
def test_repeats_that_are_meant_are_answered(peer: Peer, text: str) -> None:
    answer = answered(peer, text, "en")
    assert len(str(answer.fields["result"]["translatedText"]).split()) >= len(text.split()) - 1
    assert "warnings" not in answer.fields["result"]


def test_phrases_of_the_configuration_are_read_again_on_a_reload(tmp_path: Path) -> None:
    config, phrases = tmp_path / "dragoman.toml", tmp_path / "phrases.toml"
    phrases.write_text("[en-pt]\nbye = 'fui'\n", encoding="utf-8")
    config.write_text(f"[translation]\nphrases_file = '{phrases}'\n", encoding="utf-8")
    settings = {key.replace("__", "."): value for key, value in (ECHO_ENGINES | MODEL).items()}
    server = ServerProcess(tmp_path, settings, "--config", str(config))
    try:
        with connected(server.wait_ready(), "phrases") as peer:
            assert translated(peer, "Bye!") == "Fui!"
            assert translated(peer, "Bye!") == "Fui!"
            phrases.write_text("[en-pt]\nbye = 'até logo'\n", encoding="utf-8")
            server.process.send_signal(signal.SIGHUP)
            server.wait_for_log("config.reloaded")
            assert translated(peer, "Bye!") == "Até logo!", "what was cached under the old phrases is not served"
    finally:
        server.stop()


def test_the_client_gets_a_phrase_that_no_model_was_asked_for(server: ServerProcess) -> None:
    with SyncClient(server.endpoints["requests"], server.endpoints["routed"]) as client:
        done = client.translate("Thank you", "en", to="pt")
    assert (done.text, done.from_cache, done.warnings) == ("Obrigado", False, ())
