"""What a worker knows beyond its definitions: connections and secrets, from `httptask.toml`."""

from httptask.config.environment import read_environment
from httptask.config.errors import ConfigInvalid
from httptask.config.load import CONFIG_NAME, Config, find_config, load_config
from httptask.config.policy import Policy, WorkerPolicy
from httptask.config.trust import for_own_runs, for_worker

__all__ = [
    "CONFIG_NAME",
    "Config",
    "ConfigInvalid",
    "Policy",
    "WorkerPolicy",
    "find_config",
    "for_own_runs",
    "for_worker",
    "load_config",
    "read_environment",
]
