"""Lines and long sentences through the server and the embedded models: nothing is lost, no break is moved far."""

from __future__ import annotations

import re

import pytest

from scripts.quality_runs.lines import kept, long_sentence
from tests.harness import Peer, ServerProcess, connected

pytestmark = pytest.mark.models


def translated(model_server: ServerProcess, text: str, source: str, target: str) -> str:
    with connected(model_server, "lines") as peer:
        return answer(peer, text, source, target)


def answer(peer: Peer, text: str, source: str, target: str) -> str:
    request = {
        "type": "translation",
        "taskId": f"lines-{abs(hash((text, source)))}",
        "text": text,
        "sourceLanguage": source,
        "targetLanguages": [target],
    }
    [_, event, _] = peer.run(request)
    assert event.type == "translation_completed", event.fields
    result: str = event.fields["result"]["translatedText"]
    return result


@pytest.mark.parametrize(
    ("source", "target", "text", "said"),
    [
        ("en", "pt", "He told us a\ngood joke and left.", "Ele nos contou uma boa piada e saiu."),
        ("pt", "en", "Ele vive no\n2.º andar.", "He lives on the 2nd floor."),
        ("en", "pt", "> The house of my\n> friend is big.", "> A casa do meu amigo é grande."),
    ],
)
def test_a_broken_sentence_is_translated_as_one(
    model_server: ServerProcess, source: str, target: str, text: str, said: str
) -> None:
    translation = translated(model_server, text, source, target)
    assert translation.count("\n") == 1
    assert translation.replace("\n> ", " ").replace("\n", " ") == said


def test_lists_headings_and_indentation_stay_as_they_are(model_server: ServerProcess) -> None:
    text = "Shopping\n\n  - milk and\n    honey\n  - bread\n\nwater\nwine\noil\n"
    lines = translated(model_server, text, "en", "pt").split("\n")
    assert [line[: len(line) - len(line.lstrip(" -"))] for line in lines] == [
        line[: len(line) - len(line.lstrip(" -"))] for line in text.split("\n")
    ]
    assert [bool(line.strip()) for line in lines] == [bool(line.strip()) for line in text.split("\n")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Ele vive no 2.º andar.", r"He lives on the 2nd floor\."),
        ("A 1.ª vez foi boa.", r"The 1st time was good\."),
        ("Ele vive nos E.U.A. desde 1990.", r"He has lived in the U\.S\.(A\.)? since 1990\."),
    ],
)
def test_no_sentence_is_cut_inside_an_abbreviation(model_server: ServerProcess, text: str, said: str) -> None:
    assert re.fullmatch(said, translated(model_server, text, "pt", "en"))


@pytest.mark.parametrize("chars", [300, 1200, 10_000])
@pytest.mark.parametrize(("source", "target"), [("en", "pt"), ("pt", "en")])
@pytest.mark.parametrize("joint", [True, False])
def test_every_clause_of_a_sentence_without_an_end_comes_back(
    model_server: ServerProcess, source: str, target: str, chars: int, joint: bool
) -> None:
    conjunctions = {"en": " and ", "pt": " e "}
    text, stems = long_sentence(source, chars, conjunctions[source] if joint else ", ")
    translation = translated(model_server, text, source, target)
    assert kept(stems, translation) == len(stems)
    assert translation.count(conjunctions[target] if joint else ", ") == len(stems) - 1
    assert "." not in translation
