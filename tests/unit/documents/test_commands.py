"""docs/commands.md is what the commands say of themselves."""

from __future__ import annotations

from tests import commands_page


def test_the_page_of_commands_is_made_from_the_commands() -> None:
    assert commands_page.PAGE.read_text(encoding="utf-8") == commands_page.page(), (
        "the commands have changed; run: python -m tests.commands_page"
    )
