"""What a worker knows beyond its definitions: connections and secrets, from `httptask.toml`."""

from httptask.config.config import Config
from httptask.config.errors import ConfigInvalid
from httptask.config.load import load_config

__all__ = ["Config", "ConfigInvalid", "load_config"]
