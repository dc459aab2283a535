from __future__ import annotations

import pytest

from dragoman_server.telemetry.redaction import described, sentence_of
from dragoman_wire.errors import EngineFailed, UnsupportedLanguage

MARKER = "what the peer said"


def caught(raising: Exception, cause: Exception | None = None) -> Exception:
    try:
        raise raising from cause
    except Exception as error:  # noqa: BLE001 - with its traceback
        return error


@pytest.mark.parametrize(
    "error",
    [
        caught(ValueError(MARKER)),
        caught(RuntimeError("other"), caught(KeyError(MARKER))),
        caught(ExceptionGroup(MARKER, [caught(ValueError(MARKER))])),
    ],
)
def test_a_traceback_names_places_and_kinds_and_quotes_nothing(error: Exception) -> None:
    text = described(error, content=False)
    assert MARKER not in text
    assert type(error).__name__ in text
    assert "test_redaction.py" in text
    assert MARKER in described((type(error), error, error.__traceback__), content=True)


def test_what_an_exception_came_of_is_told_first() -> None:
    text = described(caught(RuntimeError("late"), caught(KeyError("early"))), content=False)
    assert text.index("KeyError") < text.index("then:") < text.index("RuntimeError")


def test_an_error_of_a_file_says_which() -> None:
    assert "FileNotFoundError: [Errno 2] no such file: 'x'" in described(
        caught(FileNotFoundError(2, "no such file", "x")), content=False
    )


def test_no_exception_is_no_text() -> None:
    assert described((None, None, None), content=True) == ""


def test_the_words_of_a_model_s_library_are_left_out_of_an_engine_s_error() -> None:
    assert sentence_of(EngineFailed(f"the model failed: ValueError: {MARKER}")) == "the model failed: ValueError"
    assert sentence_of(EngineFailed("the speech model took more than 2 s")) == "the speech model took more than 2 s"
    assert sentence_of(UnsupportedLanguage("no model translates that")) == "no model translates that"
