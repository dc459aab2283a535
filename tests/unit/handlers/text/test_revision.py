from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest

from dragoman_handlers.text import revision as module


def test_a_change_of_code_or_of_a_table_is_another_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "files", lambda _: tmp_path)

    def seen() -> str:
        module.revision.cache_clear()
        return module.revision()

    try:
        (tmp_path / "phrases").mkdir()
        (tmp_path / "a.py").write_text("A = 1\n", encoding="utf-8")
        first = seen()
        assert seen() == first
        (tmp_path / "phrases" / "en-pt.toml").write_text("[phrases]\n", encoding="utf-8")
        second = seen()
        (tmp_path / "a.py").write_text("A = 2\n", encoding="utf-8")
        (tmp_path / "notes.txt").write_text("nothing\n", encoding="utf-8")
        assert len({first, second, seen()}) == 3
    finally:
        module.revision.cache_clear()
