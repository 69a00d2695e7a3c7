"""What a worker knows beyond its definitions: connections and secrets, from `httptask.toml`."""

from httptask.config.environment import DOTENV_NAME, read_dotenv
from httptask.config.errors import ConfigInvalid
from httptask.config.find import CONFIG_NAME, find_config
from httptask.config.load import Config, load_config
from httptask.config.policy import Policy, WorkerPolicy
from httptask.config.trust import for_own_runs, for_worker

__all__ = [
    "CONFIG_NAME",
    "DOTENV_NAME",
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
