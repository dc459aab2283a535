"""`dragoman correct` on a server in memory that answers as it is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from dragoman_client.cli import correcting
from dragoman_client.cli.correcting import Show, _listed, _place, _show
from dragoman_client.cli.files import Source, find_sources
from dragoman_wire.events import ChunkCounts, Correction, CorrectionCompleted, FailedChunk, TokenUsage

TEXT = "It is fine.\nTeh end.\n"


def change(start: int, end: int, replacement: str) -> Correction:
    return Correction(
        start=start,
        end=end,
        original=TEXT[start:end],
        replacement=replacement,
        message="It is spelt otherwise.",
        category="spelling",
        confidence=0.9,
    )


def completed(**more: object) -> CorrectionCompleted:
    given: dict[str, object] = {
        "task_id": "t",
        "message_id": None,
        "language": "en",
        "corrected_text": TEXT.replace("Teh", "The"),
        "corrections": [change(12, 15, "The")],
        "chunks": ChunkCounts(total=1, ok=1, failed=0),
        "failed_chunks": [],
        "model": "rules",
        "engine": "rules",
        "usage": TokenUsage(prompt_tokens=90, completion_tokens=10, requests=1, retries=0, cost=0.5),
        "warnings": ["the text was taken for 'en'"],
        "processing_time_ms": 5,
        "timestamp": 1.5,
    }
    return CorrectionCompleted(**(given | more))  # type: ignore[arg-type]


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Source:
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text(TEXT, encoding="utf-8")
    return find_sources(["a.txt"], None, ["corrected"])[0]


def test_a_place_is_a_line_and_a_column() -> None:
    assert [_place(TEXT, at) for at in (0, 11, 12, 15)] == ["1:1", "1:12", "2:1", "2:4"]


def test_a_list_has_a_line_for_each_correction(source: Source) -> None:
    assert _listed(source, TEXT, change(12, 15, "The")) == "a.txt:2:1: 'Teh' -> 'The'  It is spelt otherwise."


def test_a_difference_shows_the_lines_that_changed(source: Source, capsys: pytest.CaptureFixture[str]) -> None:
    _show(source, TEXT, completed(), Show.DIFF)
    told = capsys.readouterr()

    assert "-Teh end." in told.out
    assert "+The end." in told.out
    assert "a.txt: warning: the text was taken for 'en'" in told.err
    assert "a.txt: 1 corrections by rules, 100 tokens, cost 0.5" in told.err


def test_suggestions_are_listed_as_what_they_are(source: Source, capsys: pytest.CaptureFixture[str]) -> None:
    _show(source, TEXT, completed(suggestions=[change(6, 10, "good")]), Show.LIST)

    assert "a.txt:1:7: 'fine' -> 'good'  It is spelt otherwise. (left as it is)" in capsys.readouterr().out


def test_a_piece_that_failed_is_named_by_its_place(source: Source, capsys: pytest.CaptureFixture[str]) -> None:
    failed = FailedChunk(index=1, start=12, end=20, error="it did not answer", error_code="engine_failed")
    _show(source, TEXT, completed(failed_chunks=[failed]), Show.NONE)

    assert "a.txt:2:1: engine_failed: it did not answer" in capsys.readouterr().err


def test_a_file_has_its_own_name_below_the_folder(source: Source, tmp_path: Path) -> None:
    assert correcting._target(source, tmp_path / "out") == tmp_path / "out" / "a.txt"
