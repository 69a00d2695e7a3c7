"""The project that a command works in: its configuration and the environment that goes with it."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from httptask.cli.project.sources import described_sources
from httptask.cli.terminal.console import print_note
from httptask.cli.terminal.errors import CliError, in_lines
from httptask.config import Config, ConfigInvalid, find_config, load_config, read_dotenv

if TYPE_CHECKING:
    from httptask.fixtures.transport import Fixtures

__all__ = ["Project", "as_cli_error", "load_project"]

_BASE_URL = "OPENAI_BASE_URL"


@dataclass(frozen=True, slots=True)
class Project:
    """What a command knows about where it runs."""

    config: Config
    environment: Mapping[str, str]


def load_project(
    config_path: Path | None,
    *,
    dotenv: bool = True,
    fixtures: "Fixtures | None" = None,
    say: Callable[[str], None] = print_note,
) -> Project:
    """Read the configuration and the environment, and say which files were used.

    Args:
        config_path: the configuration file, if the user names one.
        dotenv: whether a `.env` beside the configuration counts.
        fixtures: recorded answers that stand in for servers. OPENAI_BASE_URL counts only where they were recorded
            from that server: it must not keep recordings of another one from being found.
        say: tells a person.

    Raises:
        CliError: the configuration can't be used.
    """
    try:
        file = find_config(config_path)
        folder = Path.cwd() if file is None else file.parent
        written = dict(read_dotenv(folder, named=config_path is not None)) if dotenv else {}
        environment = {**written, **os.environ}
        if fixtures is not None and not fixtures.mentions(environment.get(_BASE_URL, "")):
            environment.pop(_BASE_URL, None)
            written.pop(_BASE_URL, None)
        project = Project(load_config(file, environment), environment)
    except ConfigInvalid as error:
        raise as_cli_error(error) from None
    for line in described_sources(project.config, folder, written):
        say(line)
    return project


def as_cli_error(error: ConfigInvalid) -> CliError:
    """All faults of a configuration as one error."""
    return CliError(in_lines(error.faults))
