"""Fifty texts with much markup through the server: each comes back translated, with everything that is no language."""

from __future__ import annotations

import pytest

from tests.hard_markup import Case, cases, lost
from tests.harness import Peer, ServerProcess, connected

pytestmark = pytest.mark.models

CASES = cases()


@pytest.fixture(scope="module")
def translations(model_server: ServerProcess) -> list[str]:
    """Of all cases, asked for at once."""
    with connected(model_server, "hard-markup") as peer:
        for number, case in enumerate(CASES):
            ask(peer, case, f"hard-{number}")
        results: dict[str, str] = {}
        while len(results) < len(CASES):
            message = peer.receive()
            if message.type == "translation_completed":
                results[message.fields["taskId"]] = message.fields["result"]["translatedText"]
            assert message.type != "translation_error", message.fields
        return [results[f"hard-{number}"] for number in range(len(CASES))]


def ask(peer: Peer, case: Case, task_id: str) -> None:
    peer.send(
        {
            "type": "translation",
            "taskId": task_id,
            "text": case.text,
            "sourceLanguage": case.source,
            "targetLanguages": [case.target],
        }
    )


def test_there_are_fifty_in_both_directions() -> None:
    assert [sum(case.source == language for case in CASES) for language in ("en", "pt")] == [25, 25]


@pytest.mark.parametrize("number", range(len(CASES)))
def test_everything_that_is_no_language_is_kept(translations: list[str], number: int) -> None:
    assert lost(CASES[number], translations[number]) == []
