"""Whom a worker trusts: the author at the keyboard, or whoever may start a workflow."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from httptask.config.errors import ConfigInvalid
from httptask.config.find import CONFIG_NAME
from httptask.config.load import Config
from httptask.secrets.store import SecretSource

__all__ = ["for_own_runs", "for_worker"]


def for_own_runs(config: Config, secret_names: Iterable[str]) -> Config:
    """What `run` and `dev` use: the definitions are the user's own, and so is the environment.

    Args:
        config: what is declared.
        secret_names: what the definitions use; names that are not declared come from environment variables
            of the same name.
    """
    undeclared = {name: SecretSource(name=name, environment=name) for name in secret_names}
    return replace(config, secrets={**undeclared, **config.secrets})


def for_worker(config: Config, secret_names: Mapping[str, str]) -> Config:
    """What `worker` uses: whoever may start a workflow must not be able to send a secret wherever they like.

    Args:
        config: what is declared.
        secret_names: what the definitions use, each with the file that uses it.

    Raises:
        ConfigInvalid: a secret is not declared, or not bound to origins and has to be.
    """
    at = config.file or CONFIG_NAME
    faults = [
        f'{at}: secrets.{name}: is used by {user}, not declared; write environment = "{name}" and origins'
        for name, user in secret_names.items()
        if name not in config.secrets
    ]
    faults += [
        f'{at}: secrets.{name}.origins: list where it may be sent, such as ["https://hooks.example.com"], '
        "or permit secrets without origins: allow_unbound_secrets = true under [worker]"
        for name, source in config.secrets.items()
        if not source.origins and not config.worker.allow_unbound_secrets
    ]
    if faults:
        raise ConfigInvalid(faults)
    return config
