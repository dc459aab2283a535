"""The configuration: sections with their defaults, and how they are read."""

from dragoman_server.config.engines import EngineConfig, EnginesConfig
from dragoman_server.config.load import CONFIG_VARIABLE, ENV_PREFIX, Config, ConfigError, config_as_toml, load_config
from dragoman_server.config.sections import (
    CacheConfig,
    JournalConfig,
    LaneConfig,
    LanesConfig,
    LimitsConfig,
    ResultsConfig,
    Section,
    ServerConfig,
    SocketsConfig,
)

__all__ = [
    "CONFIG_VARIABLE",
    "ENV_PREFIX",
    "CacheConfig",
    "Config",
    "ConfigError",
    "EngineConfig",
    "EnginesConfig",
    "JournalConfig",
    "LaneConfig",
    "LanesConfig",
    "LimitsConfig",
    "ResultsConfig",
    "Section",
    "ServerConfig",
    "SocketsConfig",
    "config_as_toml",
    "load_config",
]
