"""Where what a connection needs comes from: the file, a `.env`, the environment; told by names, never by values."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from httptask.config.config import Config
from httptask.config.find import CONFIG_NAME, DOTENV_NAME
from httptask.connections.connection import BASE_URL_VARIABLE, Connection

__all__ = ["ValueOrigin", "origin_of_secret", "origin_of_url", "origins_of"]

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
    given = (config, environment, dotenv, passed_over)
    yield origin_of_url(connection, *given)
    for name in connection.secret_origins():
        yield origin_of_secret(name, *given)


def origin_of_url(
    connection: Connection,
    config: Config,
    environment: Mapping[str, str],
    dotenv: Collection[str],
    passed_over: Collection[str],
) -> ValueOrigin:
    """Where the base URL of a connection comes from; arguments as of `origins_of`."""
    if connection.name not in config.defaults:
        return ValueOrigin(_BASE_URL, CONFIG_NAME)
    origin = _variable(BASE_URL_VARIABLE, _BASE_URL, environment, dotenv) or "httptask itself"
    return ValueOrigin(_BASE_URL, origin, BASE_URL_VARIABLE in passed_over)


def origin_of_secret(
    name: str,
    config: Config,
    environment: Mapping[str, str],
    dotenv: Collection[str],
    passed_over: Collection[str],
) -> ValueOrigin:
    """Where the value of a secret comes from; arguments as of `origins_of`."""
    source = config.secrets.get(name)
    if source is not None and source.file is not None:
        return ValueOrigin(name, str(source.file))
    if source is None or source.environment is None:
        return ValueOrigin(name, None)
    origin = _variable(source.environment, name, environment, dotenv)
    return ValueOrigin(name, origin, source.environment in passed_over)


def _variable(name: str, what: str, environment: Mapping[str, str], dotenv: Collection[str]) -> str | None:
    if not environment.get(name):
        return None
    where = DOTENV_NAME if name in dotenv else "the environment"
    return where if name == what else f"{name} of {where}"
