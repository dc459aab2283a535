from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from dragoman_engines.process.worker import run_batch
from dragoman_engines.work import AnyResult, AnyWork, Failure, TranslateSentences

TEXT = "what somebody said"


class Quoting:
    """A model whose library quotes what it was given."""

    capabilities: Any = None

    def run(self, batch: Sequence[AnyWork]) -> list[AnyResult]:
        raise ValueError(f"cannot translate {TEXT!r}")


def test_a_model_s_words_are_for_the_peer_and_not_for_the_error_output(capfd: pytest.CaptureFixture[str]) -> None:
    work: list[AnyWork] = [TranslateSentences(source="en", target="pt", sentences=[TEXT])] * 2
    results = run_batch(Quoting(), work)
    errors = capfd.readouterr().err
    assert [result.message for result in results if isinstance(result, Failure)] == [
        f"the model failed: ValueError: cannot translate {TEXT!r}"
    ] * 2
    assert TEXT not in errors
    assert "ValueError" in errors
    assert "test_worker.py" in errors
