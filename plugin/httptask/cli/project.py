"""The project that a command works in: its configuration and the environment that goes with it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from httptask.cli.errors import CliError, in_lines
from httptask.config import Config, ConfigInvalid, find_config, load_config, read_environment

if TYPE_CHECKING:
    from httptask.http.fixtures import Fixtures

__all__ = ["Project", "as_cli_error", "load_project"]

_BASE_URL = "OPENAI_BASE_URL"


@dataclass(frozen=True, slots=True)
class Project:
    """What a command knows about where it runs."""

    config: Config
    environment: Mapping[str, str]

    def with_config(self, config: Config) -> "Project":
        """The same project with other connections and secrets."""
        return replace(self, config=config)


def load_project(
    config_path: Path | None, *, dotenv: bool = True, fixtures: "Fixtures | None" = None
) -> Project:
    """Read the configuration and the environment.

    Args:
        config_path: the configuration file, if the user names one.
        dotenv: whether a `.env` beside the configuration counts.
        fixtures: recorded answers that stand in for servers. OPENAI_BASE_URL counts only where they were recorded
            from that server: it must not keep recordings of another one from being found.

    Raises:
        CliError: the configuration can't be used.
    """
    file = find_config(config_path)
    folder = Path.cwd() if file is None else file.parent
    environment = dict(read_environment(folder if dotenv else None))
    if fixtures is not None and not fixtures.mentions(environment.get(_BASE_URL, "")):
        environment.pop(_BASE_URL, None)
    try:
        return Project(load_config(file, environment), environment)
    except ConfigInvalid as error:
        raise as_cli_error(error) from None


def as_cli_error(error: ConfigInvalid) -> CliError:
    """All faults of a configuration as one error."""
    return CliError(in_lines(error.faults))
