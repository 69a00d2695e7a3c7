"""A project's configuration, and as much of it as its user's own runs and a worker may use."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from httptask.activities.allowed_activities import AllowedActivity
from httptask.activities.event_sink import EventSink
from httptask.config.errors import ConfigInvalid
from httptask.config.find import CONFIG_NAME
from httptask.config.sections import Policy, StorageSection, Webhook, WorkerPolicy
from httptask.connections.connection import Connection
from httptask.secrets.store import SecretSource

__all__ = ["STATE_DIRECTORY_NAME", "Config", "for_own_runs", "for_worker"]

STATE_DIRECTORY_NAME = ".httptask"


@dataclass(frozen=True, slots=True)
class Config:
    """A project's configuration.

    Attributes:
        root: the folder of the file, or the working directory when there is none.
        file: None when there is none.
        connections: by name; `openai` is always among them.
        secrets: where declared secrets come from, by name.
        storage: where large payloads go; empty when Temporal carries all of them.
        activities: activities of the user's own workers that definitions may call, by name.
        events: where events go that runs emit.
        policy: where requests without a connection may go.
        webhooks: where `httptask worker` takes events, by name.
        worker: what `httptask worker` permits.
        defaults: names of connections that exist without being declared.
    """

    root: Path
    file: Path | None
    connections: Mapping[str, Connection]
    secrets: Mapping[str, SecretSource]
    activities: Mapping[str, AllowedActivity]
    policy: Policy
    worker: WorkerPolicy
    storage: StorageSection = field(default_factory=StorageSection)
    events: EventSink = field(default_factory=EventSink)
    webhooks: Mapping[str, Webhook] = field(default_factory=dict[str, Webhook])
    defaults: frozenset[str] = frozenset()

    @property
    def path(self) -> Path:
        """Of the file, whether or not there is one."""
        return self.file or self.root / CONFIG_NAME

    @property
    def state_directory(self) -> Path:
        """Where the embedded server keeps its database."""
        return self.root / STATE_DIRECTORY_NAME


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
    config = replace(config, secrets=_that_may_be_sent(config))
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


def _that_may_be_sent(config: Config) -> dict[str, SecretSource]:
    """All but those by which only webhooks are known, which go nowhere."""
    of_webhooks = {name for webhook in config.webhooks.values() for name in webhook.secret_names}
    return {
        name: source for name, source in config.secrets.items() if source.origins or name not in of_webhooks
    }
