"""`dragoman serve --echo` takes the models out of a configuration, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from dragoman_engines.work import Kind
from dragoman_server.config import load_config, translation_models, with_echo

WRITTEN = """
[engines.translation]
model = "path:/somewhere"
processes = 3
delay_ms = 7

[models.translation]
premium = "hub:someone/something"

[lanes.voice]
queue = 5
"""


def test_every_engine_echoes_with_all_else_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "dragoman.toml").write_text(WRITTEN, encoding="utf-8")
    config = load_config(tmp_path / "dragoman.toml")
    echoing = with_echo(config)

    assert {echoing.engines.of(kind).model for kind in get_args(Kind)} == {"echo"}
    assert [model.model for model in translation_models(echoing.engines, echoing.models).values()] == ["echo"]
    kept = echoing.engines.translation
    assert (kept.processes, kept.delay_ms, echoing.lanes.voice.queue) == (3, 7, 5)
    assert echoing.sockets == config.sockets
    assert config.engines.translation.model == "path:/somewhere"
