"""Where what a connection needs comes from: the file, a `.env`, the environment; told by names, never by values."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from httptask.config.config import Config
from httptask.config.find import CONFIG_NAME, DOTENV_NAME
from httptask.connections.connection import BASE_URL_VARIABLE, Connection

__all__ = ["ValueOrigin", "origins_of"]

_BASE_URL = "base URL"


@dataclass(frozen=True, slots=True)
class ValueOrigin:
    """Where one value of a connection comes from.

    Attributes:
        what: `base URL`, or the name of a secret.
        origin: in words, such as `.env` or `MODEL_KEY of the environment`; None where the value is nowhere.
        is_passed_over: whether a `.env` has another value, which the environment overrides.
    """

    what: str
    origin: str | None
    is_passed_over: bool = False

    def __str__(self) -> str:
        """Both, as in `base URL from httptask.toml`."""
        told = f"{self.what} from {self.origin}" if self.origin else f"{self.what} has no value"
        return f"{told} (the line of {DOTENV_NAME} is passed over)" if self.is_passed_over else told


def origins_of(
    connection: Connection,
    config: Config,
    environment: Mapping[str, str],
    dotenv: Collection[str],
    passed_over: Collection[str],
) -> Iterator[ValueOrigin]:
    """Where its base URL comes from, and the value of each of its secrets.

    Args:
        connection: one of the configuration.
        config: tells what is written, and where secrets come from.
        environment: with what a `.env` gives.
        dotenv: the names of it that a `.env` gives.
        passed_over: the names that a `.env` gives another value, which does not count.
    """

    def variable(name: str, what: str) -> str | None:
        if not environment.get(name):
            return None
        where = DOTENV_NAME if name in dotenv else "the environment"
        return where if name == what else f"{name} of {where}"

    if connection.name in config.defaults:
        origin = variable(BASE_URL_VARIABLE, _BASE_URL) or "httptask itself"
        yield ValueOrigin(_BASE_URL, origin, BASE_URL_VARIABLE in passed_over)
    else:
        yield ValueOrigin(_BASE_URL, CONFIG_NAME)
    for name in connection.secret_origins():
        source = config.secrets.get(name)
        if source is None:
            yield ValueOrigin(name, None)
        elif source.file is not None:
            yield ValueOrigin(name, str(source.file))
        elif source.environment is not None:
            yield ValueOrigin(name, variable(source.environment, name), source.environment in passed_over)
