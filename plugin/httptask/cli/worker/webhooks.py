"""Where a worker, or a run with its own, takes events by HTTP."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

from temporalio.client import Client

from httptask.cli.observability.listening import Sockets, listening_at, require_address
from httptask.cli.terminal.console import print_note
from httptask.cli.terminal.errors import CliError

if TYPE_CHECKING:
    from httptask.config import Config
    from httptask.events.webhooks import Webhooks

__all__ = ["WebhookAddress", "events_taken", "take_events_at", "tell_webhooks", "usable_webhooks"]


@dataclass(frozen=True, slots=True)
class WebhookAddress:
    """Webhooks, and the sockets that listen for them."""

    webhooks: "Webhooks"
    sockets: Sockets

    @property
    def urls(self) -> list[str]:
        """Where events can be sent, one for each path of each address."""
        places = [each.getsockname()[:2] for each in self.sockets]
        hosts = [f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in places]
        return [f"http://{host}{path}" for host in hosts for path in self.webhooks.paths]


def take_events_at(
    address: str | None, config: "Config", environment: Mapping[str, str]
) -> WebhookAddress | None:
    """Listen for events at an address, if there is one.

    Args:
        address: `HOST:PORT`.
        config: what is set for webhooks.
        environment: holds the values of its secrets.

    Raises:
        CliError: nothing can listen there, or whoever reaches it could send events.
    """
    if address is None:
        return None
    require_address("webhooks", address)
    webhooks = usable_webhooks(config, environment)
    sockets = listening_at(address, "webhooks")
    if webhooks.open and not all(ip_address(each.getsockname()[0]).is_loopback for each in sockets):
        names = ", ".join(webhooks.open)
        raise CliError(
            f"--webhooks {address}: others than this machine could send events to {names}",
            'write signature = "$secrets.NAME", or bearer, into [webhooks.NAME], or listen at 127.0.0.1',
        )
    return WebhookAddress(webhooks, sockets)


def usable_webhooks(config: "Config", environment: Mapping[str, str]) -> "Webhooks":
    """The webhooks of a worker, whose settings mean something, and whose secrets have values.

    Raises:
        CliError: they don't.
    """
    from httptask.events import EventRefused
    from httptask.events.webhooks import Webhooks
    from httptask.http.errors import SecretUnavailable
    from httptask.secrets.store import SecretStore

    secrets = SecretStore(config.secrets, environment)
    try:
        webhooks = Webhooks(config.webhooks, secrets)
        for webhook in config.webhooks.values():
            for name in webhook.secret_names:
                secrets.resolve(name)
    except (EventRefused, SecretUnavailable) as error:
        raise CliError(f"--webhooks: {error}", "see `[webhooks.NAME]` in docs/configuration.md") from None
    return webhooks


def tell_webhooks(address: WebhookAddress | None) -> None:
    """Say where events can be sent, if they can."""
    if address is not None:
        print_note(f"events are taken at {', '.join(address.urls)}")


@asynccontextmanager
async def events_taken(address: WebhookAddress | None, client: Client) -> AsyncGenerator[None]:
    """Take events while the context lasts, if there is an address for them."""
    if address is None:
        yield
        return
    async with address.webhooks.served(client, address.sockets):
        yield
