"""The project that a command works in: its configuration and the environment that goes with it."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from httptask.cli.terminal.console import harmless, print_note
from httptask.cli.terminal.errors import CliError, in_lines
from httptask.config import Config, ConfigInvalid, load_config
from httptask.config.find import DOTENV_NAME, find_config, read_dotenv
from httptask.config.origins import origins_of
from httptask.connections.connection import BASE_URL_VARIABLE

if TYPE_CHECKING:
    from httptask.fixtures.transport import Fixtures

__all__ = ["Project", "as_cli_error", "load_project", "tell_credential_warnings", "tell_origins"]

_TEMPORAL = ("TEMPORAL_ADDRESS", "TEMPORAL_CONFIG_FILE", "TEMPORAL_PROFILE")
"""What chooses the cluster; keys are not among them."""


@dataclass(frozen=True, slots=True)
class Project:
    """What a command knows about where it runs."""

    config: Config
    environment: Mapping[str, str]
    dotenv: frozenset[str] = frozenset()
    """Names of the environment whose values a `.env` gives."""
    passed_over: frozenset[str] = frozenset()
    """Names that a `.env` gives another value than the environment, whose value is the one that counts."""


def load_project(
    config_path: Path | None,
    *,
    folder: Path | None = None,
    dotenv: bool = True,
    fixtures: "Fixtures | None" = None,
    say: Callable[[str], None] = print_note,
) -> Project:
    """Read the configuration and the environment, and say which files were used.

    Args:
        config_path: the configuration file, if the user names one.
        folder: the project's folder, if the user names that.
        dotenv: whether a `.env` beside the configuration counts.
        fixtures: recorded answers that stand in for servers. OPENAI_BASE_URL counts only where they were recorded
            from that server: it must not keep recordings of another one from being found.
        say: tells a person.

    Raises:
        CliError: the configuration can't be used.
    """
    try:
        file = find_config(config_path, folder)
        home = file.parent if file is not None else folder or Path.cwd()
        is_named = config_path is not None or home == folder
        written = dict(read_dotenv(home, named=is_named)) if dotenv else {}
        environment = {**written, **os.environ}
        if fixtures is not None and not fixtures.mentions(environment.get(BASE_URL_VARIABLE, "")):
            environment.pop(BASE_URL_VARIABLE, None)
            written.pop(BASE_URL_VARIABLE, None)
        counting = frozenset(name for name in written if name not in os.environ)
        passed_over = frozenset(
            name for name, value in written.items() if os.environ.get(name, value) != value
        )
        loaded = load_config(file, environment, folder=folder)
        project = Project(loaded, environment, counting, passed_over)
    except ConfigInvalid as error:
        raise as_cli_error(error) from None
    for line in _described_sources(project.config, home, written):
        say(line)
    return project


def tell_credential_warnings(config: Config) -> None:
    """Say on stderr what is written as it is where a secret belongs, and which secrets are not declared."""
    from httptask.config.warnings import credential_warnings

    for report in credential_warnings(config):
        print_note(str(report))


def tell_origins(project: Project) -> None:
    """Say on stderr where connections have their values from that are in no `httptask.toml`."""
    for connection in project.config.connections.values():
        known = (project.config, project.environment, project.dotenv, project.passed_over)
        found = list(origins_of(connection, *known))
        if any(one.origin and one.origin.endswith((DOTENV_NAME, "environment")) for one in found):
            print_note(harmless(f"connection {connection.name}: {'; '.join(map(str, found))}"))


def as_cli_error(error: ConfigInvalid) -> CliError:
    """All faults of a configuration as one error."""
    return CliError(in_lines(error.faults))


def _described_sources(config: Config, folder: Path, dotenv: Mapping[str, str]) -> Iterator[str]:
    """Which files settings come from, and where those send the keys of the user's environment: a line for each file.

    Args:
        config: what `httptask.toml` says, and what there is without one.
        folder: where a `.env` was looked for.
        dotenv: what it holds.
    """
    by_itself = {
        secret: origin
        for name in config.defaults
        for secret, origin in config.connections[name].secret_origins().items()
    }
    if config.file is not None:
        sent = [
            (source.environment, ", ".join(source.origins))
            for name, source in config.secrets.items()
            if name not in by_itself and source.environment and source.origins
        ]
        yield _line("configuration", config.file, _sent(sent))
    chosen: list[str] = []
    if _counts(BASE_URL_VARIABLE, dotenv):
        chosen += [f"{BASE_URL_VARIABLE} leads to {origin}" for origin in by_itself.values()]
        chosen += _sent([(name, origin) for name, origin in by_itself.items() if origin])
    chosen += [f"{name} is {dotenv[name]}" for name in _TEMPORAL if _counts(name, dotenv)]
    if chosen:
        yield _line("environment", folder / DOTENV_NAME, chosen)


def _sent(places: list[tuple[str, str]]) -> list[str]:
    """Where those keys go that the user has in the environment."""
    return [f"{name} goes to {place}" for name, place in dict.fromkeys(places) if os.environ.get(name)]


def _counts(name: str, dotenv: Mapping[str, str]) -> bool:
    return bool(dotenv.get(name)) and name not in os.environ


def _line(what: str, file: Path, chosen: list[str]) -> str:
    shown = file.name if file.parent == Path.cwd() else file
    return harmless("; ".join((f"{what}: {shown}", *chosen)))
