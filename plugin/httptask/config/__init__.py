"""What a worker knows beyond its definitions: connections and secrets, from `httptask.toml`."""

from httptask.config.config import STATE_DIRECTORY_NAME, Config, for_own_runs, for_worker
from httptask.config.errors import ConfigInvalid
from httptask.config.find import CONFIG_NAME, DOTENV_NAME, find_config, read_dotenv
from httptask.config.load import load_config
from httptask.config.sections import Policy, WorkerPolicy

__all__ = [
    "CONFIG_NAME",
    "DOTENV_NAME",
    "STATE_DIRECTORY_NAME",
    "Config",
    "ConfigInvalid",
    "Policy",
    "WorkerPolicy",
    "find_config",
    "for_own_runs",
    "for_worker",
    "load_config",
    "read_dotenv",
]
