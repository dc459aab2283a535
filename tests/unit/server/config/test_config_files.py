"""The files of the configuration are files, of a bounded size; only at a start one may be a pipe."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from dragoman_server.config import ConfigError, load_config
from dragoman_server.config.files import read_toml


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


def test_a_pipe_is_read_at_a_start(pipe: Path) -> None:
    writer = threading.Thread(target=lambda: pipe.write_text("[server]\ndrain_s = 7.0\n"))
    writer.start()
    assert load_config(pipe).server.drain_s == 7.0
    writer.join()


def test_a_pipe_is_refused_at_once_when_the_configuration_is_read_again(pipe: Path) -> None:
    with pytest.raises(ConfigError, match="no regular file"):
        load_config(pipe, pipes=False)


@pytest.mark.parametrize("key", ["glossary_file", "phrases_file"])
def test_the_other_files_are_never_pipes(pipe: Path, key: str) -> None:
    with pytest.raises(ConfigError, match="no regular file"):
        load_config(None, {"translation": {key: str(pipe)}})


@pytest.mark.parametrize("place", ["/dev/zero", "/dev/tty", "/dev/null"])
def test_a_device_is_refused(place: str) -> None:
    with pytest.raises(ConfigError):
        read_toml(Path(place), "here")


def test_a_folder_a_large_file_a_deep_one_and_none_are_refused(tmp_path: Path) -> None:
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate((16 << 20) + 1)
    deep = tmp_path / "deep"
    deep.write_text("x = " + "[" * 100_000)
    for path in (tmp_path, large, deep, tmp_path / "absent"):
        with pytest.raises(ConfigError):
            read_toml(path, str(path))
