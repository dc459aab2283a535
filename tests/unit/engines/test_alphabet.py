from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("sentencepiece", reason="the [models] extra is not installed")

from dragoman_engines.translation.alphabet import alphabet, letters_of


def tokenizer(path: Path, **model: object) -> Path:
    path.write_text(json.dumps({"model": {"vocab": {"\u2581ab": 0, "c": 1}, **model}}), encoding="utf-8")
    return path


def test_the_letters_of_a_tokenizer_are_those_of_its_pieces(tmp_path: Path) -> None:
    assert letters_of(tokenizer(tmp_path / "tokenizer.json")) == "abc"
    listed = tokenizer(tmp_path / "unigram.json", vocab=[["\u2581de", -1.0], ["f", -2.0]])
    assert letters_of(listed) == "def"


def test_a_vocabulary_with_all_bytes_knows_every_sign(tmp_path: Path) -> None:
    file = tokenizer(tmp_path / "tokenizer.json", byte_fallback=True)
    assert letters_of(file) == ""
    assert alphabet(file, file) is None


def test_a_file_that_cannot_be_read_says_nothing(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.spm"
    damaged.write_bytes(b"no model")
    assert letters_of(damaged) == ""
    assert letters_of(tmp_path / "missing.json") == ""


def test_both_sides_are_told_with_the_pair(tmp_path: Path) -> None:
    source, target = tokenizer(tmp_path / "s.json"), tokenizer(tmp_path / "t.json", vocab={"x": 0})
    found = alphabet(source, target, ("en", "pt"))
    assert found is not None
    assert (found.source, found.target, found.reads, found.writes) == ("en", "pt", "abc", "x")
