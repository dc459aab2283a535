from __future__ import annotations

from pathlib import Path

import pytest

from dragoman_server.config import ConfigError, config_as_toml, config_document, load_config


def written(folder: Path, text: str) -> Path:
    path = folder / "dragoman.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_later_source_overrides_an_earlier_one_key_by_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, "[lanes.voice]\nconcurrency = 1\nqueue = 2\n[server]\ndrain_s = 5\n")
    monkeypatch.setenv("DRAGOMAN_LANES__VOICE__CONCURRENCY", "3")
    monkeypatch.setenv("DRAGOMAN_SERVER__DRAIN_S", "6")
    config = load_config(path, {"server": {"drain_s": "7"}})
    assert (config.lanes.voice.concurrency, config.lanes.voice.queue, config.server.drain_s) == (3, 2, 7.0)


def test_a_partial_engine_section_keeps_the_defaults_of_its_kind(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, "[engines.transcription]\nthreads = 7\n"))
    assert config.engines.transcription.threads == 7
    assert config.engines.transcription.model == load_config().engines.transcription.model


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[socket]\n", "sockets"),
        ('[sockets]\nrequest = "tcp://127.0.0.1:1"', "sockets.requests"),
        ("[lanes.translaton]\nqueue = 1", "lanes.translation"),
        ('[limits]\nframes = "many"', "limits.frames"),
        ("[limits]\nframes = -1", "limits.frames"),
        ('[sockets]\nops = "ftp://x"', "sockets.ops"),
        ("not toml", "dragoman.toml"),
    ],
)
def test_a_wrong_file_is_refused_with_the_name_of_what_is_wrong(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        load_config(written(tmp_path, text))


def test_an_unknown_variable_is_refused_with_the_nearest_known_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAGOMAN_CLIENT__SERVERS", "tcp://a, tcp://b")  # of a client that runs beside the server
    load_config()
    monkeypatch.setenv("DRAGOMAN_SERVER__LOGLEVEL", "debug")
    with pytest.raises(ConfigError, match=r"server\.log_level"):
        load_config()


@pytest.mark.parametrize("names", [("SOCKETS",), ("SOCKETS", "SOCKETS__OPS"), ("SOCKETS__OPS__PORT",)])
def test_a_variable_that_names_no_key_is_refused(monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...]) -> None:
    for name in names:
        monkeypatch.setenv(f"DRAGOMAN_{name}", "http://127.0.0.1:1")
    with pytest.raises(ConfigError, match=r"sockets"):
        load_config()


@pytest.mark.parametrize(
    "name",
    [
        "ADDRESS",  # of our Compose file
        "PORT",  # of Kubernetes, where a service is called dragoman
        "PORT_5555_TCP_ADDR",
        "SERVICE_HOST",
        "SERVER_PORT",  # where it is called dragoman-server
        "SERVER_SERVICE_HOST",
    ],
)
def test_a_variable_that_is_no_key_s_is_not_ours(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(f"DRAGOMAN_{name}", "tcp://10.0.0.5:5555")
    assert load_config() == load_config()


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("SOCKETS_REQUESTS", "DRAGOMAN_SOCKETS__REQUESTS"),
        ("SERVER_LOGLEVEL", "DRAGOMAN_SERVER__LOG_LEVEL"),
        ("ENGINES_TRANSLATION_MODEL", "DRAGOMAN_ENGINES__TRANSLATION"),
    ],
)
def test_a_key_with_one_underscore_too_few_is_refused_and_the_right_one_named(
    monkeypatch: pytest.MonkeyPatch, name: str, meant: str
) -> None:
    monkeypatch.setenv(f"DRAGOMAN_{name}", "x")
    with pytest.raises(ConfigError, match=rf"DRAGOMAN_{name}; did you mean {meant}\?"):
        load_config()


def test_only_what_is_not_as_by_default_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert config_as_toml(load_config(), changed=True) == "\n"
    monkeypatch.setenv("DRAGOMAN_SERVER__DRAIN_S", "6")
    path = written(
        tmp_path, "[lanes.voice]\nqueue = 2\nconcurrency = 8\n[translation.glossary]\nbank = 'banco'\n[server]\n"
    )
    config = load_config(path)
    assert config_document(config, changed=True) == {
        "server": {"drain_s": 6.0},
        "lanes": {"voice": {"queue": 2}},
        "translation": {"glossary": {"bank": "banco"}},
    }
    monkeypatch.delenv("DRAGOMAN_SERVER__DRAIN_S")
    assert load_config(written(tmp_path, config_as_toml(config, changed=True))) == config


def test_a_missing_file_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load_config(tmp_path / "nothing.toml")


def test_what_is_printed_reads_back_as_the_same_configuration(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, '[server]\nstate_dir = "/a \\"quoted\\" place"\n'))
    assert load_config(written(tmp_path, config_as_toml(config))) == config


def test_a_section_by_its_old_name_is_understood_in_every_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, '[lanes.audio]\nconcurrency = 1\nqueue = 2\n[engines.audio]\nmodel = "echo"\nnice = 1\n')
    monkeypatch.setenv("DRAGOMAN_LANES__AUDIO__CONCURRENCY", "3")
    monkeypatch.setenv("DRAGOMAN_ENGINES__AUDIO__NICE", "4")
    config = load_config(path, {"engines": {"audio": {"processes": "5"}}})
    decoder = config.engines.decoder
    assert (config.lanes.voice.concurrency, config.lanes.voice.queue) == (3, 2)
    assert (decoder.model, decoder.nice, decoder.processes) == ("echo", 4, 5)
    assert config.old_names == {"engines.audio": "engines.decoder", "lanes.audio": "lanes.voice"}


def test_a_later_source_overrides_an_earlier_one_whatever_name_either_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, "[lanes.voice]\nconcurrency = 1\nqueue = 2\n")
    monkeypatch.setenv("DRAGOMAN_LANES__AUDIO__QUEUE", "3")
    lane = load_config(path).lanes.voice
    assert (lane.concurrency, lane.queue) == (1, 3)


def test_of_the_old_and_the_new_name_in_one_source_the_new_one_is_in_force(tmp_path: Path) -> None:
    text = "[lanes.audio]\nconcurrency = 1\nqueue = 2\n[lanes.voice]\nconcurrency = 3\n"
    lane = load_config(written(tmp_path, text)).lanes.voice
    assert (lane.concurrency, lane.queue) == (3, 2)


def test_new_names_alone_are_no_old_ones(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, "[lanes.voice]\nqueue = 3\n[engines.decoder]\nnice = 3\n"))
    assert config.old_names == {}


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("[limits]\nlarge_header_bytes = 2000\n", 2000),
        ("[limits]\nlarge_header_bytes = 2000\nbase64_header_bytes = 3000\n", 3000),
    ],
)
def test_the_old_name_of_a_key_is_understood_too(tmp_path: Path, text: str, size: int) -> None:
    config = load_config(written(tmp_path, text), {})
    assert config.limits.base64_header_bytes == size
    assert config.old_names == {"limits.large_header_bytes": "limits.base64_header_bytes"}


@pytest.mark.parametrize("text", ["lanes = 1\n", "[lanes]\naudio = 1\n", "[lanes.audio]\nqueu = 1\n"])
def test_what_is_wrong_in_a_section_with_an_old_name_is_told(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="lanes"):
        load_config(written(tmp_path, text))
