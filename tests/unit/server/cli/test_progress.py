"""The bar of a model that is on its way: it shows what is there, and nothing where there is no terminal."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

from rich.console import Console

from dragoman_server.cli.progress import shown_growth
from tests.harness import wait_until


def test_a_bar_begins_at_what_an_earlier_run_left_and_grows_with_the_folder(tmp_path: Path) -> None:
    terminal = StringIO()
    (tmp_path / "half").write_bytes(bytes(500_000))
    with shown_growth("base", Console(file=terminal, force_terminal=True, width=100))(tmp_path, 1_000_000):
        wait_until(lambda: "0.5/1.0 MB" in terminal.getvalue(), "the half that is here is shown")
        (tmp_path / "rest").write_bytes(bytes(500_000))
        wait_until(lambda: "1.0/1.0 MB" in terminal.getvalue(), "the whole is shown")
    assert "base" in terminal.getvalue()


def test_what_comes_in_the_last_moment_is_shown_as_well(tmp_path: Path) -> None:
    terminal = StringIO()
    with shown_growth("base", Console(file=terminal, force_terminal=True, width=100))(tmp_path, 1_000_000):
        (tmp_path / "all").write_bytes(bytes(1_000_000))
    assert "1.0/1.0 MB" in terminal.getvalue()


def test_a_file_that_output_goes_to_gets_no_bar(tmp_path: Path) -> None:
    file = StringIO()
    with shown_growth("base", Console(file=file))(tmp_path, 1_000_000):
        (tmp_path / "all").write_bytes(bytes(1_000_000))
    assert file.getvalue() == ""
