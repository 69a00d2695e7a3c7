"""Which files a command takes its settings from, and where those send the keys that the user's environment holds."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from httptask.cli.terminal.console import harmless
from httptask.config import DOTENV_NAME, Config

__all__ = ["described_sources"]

_BASE_URL = "OPENAI_BASE_URL"
_TEMPORAL = ("TEMPORAL_ADDRESS", "TEMPORAL_CONFIG_FILE", "TEMPORAL_PROFILE")
"""What chooses the cluster; keys are not among them."""


def described_sources(config: Config, folder: Path, dotenv: Mapping[str, str]) -> Iterator[str]:
    """One line for each file that counts.

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
    if _counts(_BASE_URL, dotenv):
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
