"""The configuration: sections with their defaults, and how they are read."""

from dragoman_server.config.echo import with_echo
from dragoman_server.config.engine import EngineConfig, SpeechConfig
from dragoman_server.config.engines import EnginesConfig
from dragoman_server.config.errors import ConfigError
from dragoman_server.config.language import LanguageConfig, fallback_of, language_configs, read_key, section_of
from dragoman_server.config.load import (
    CONFIG_VARIABLE,
    ENV_PREFIX,
    Config,
    config_as_toml,
    config_document,
    load_config,
)
from dragoman_server.config.sections import (
    CacheConfig,
    EventsConfig,
    JournalConfig,
    LaneConfig,
    LanesConfig,
    LimitsConfig,
    ResultsConfig,
    Section,
    ServerConfig,
    SocketsConfig,
)
from dragoman_server.config.translation import (
    ModelsConfig,
    TranslationConfig,
    glossary_entries,
    phrase_book,
    translation_models,
)

__all__ = [
    "CONFIG_VARIABLE",
    "ENV_PREFIX",
    "CacheConfig",
    "Config",
    "ConfigError",
    "EngineConfig",
    "EnginesConfig",
    "EventsConfig",
    "JournalConfig",
    "LaneConfig",
    "LanesConfig",
    "LanguageConfig",
    "LimitsConfig",
    "ModelsConfig",
    "ResultsConfig",
    "Section",
    "ServerConfig",
    "SocketsConfig",
    "SpeechConfig",
    "TranslationConfig",
    "config_as_toml",
    "config_document",
    "fallback_of",
    "glossary_entries",
    "language_configs",
    "load_config",
    "phrase_book",
    "read_key",
    "section_of",
    "translation_models",
    "with_echo",
]
