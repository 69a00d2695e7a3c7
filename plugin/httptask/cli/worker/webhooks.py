"""Where a worker takes events by HTTP."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

from temporalio.client import Client

from httptask.cli.observability.listening import Sockets, listening_at
from httptask.cli.terminal.errors import CliError

if TYPE_CHECKING:
    from httptask.cli.project.project import Project
    from httptask.events.webhooks import Webhooks

__all__ = ["WebhookAddress", "events_taken", "take_events_at"]


@dataclass(frozen=True, slots=True)
class WebhookAddress:
    """Webhooks, and the sockets that listen for them."""

    webhooks: "Webhooks"
    sockets: Sockets


def take_events_at(address: str, project: "Project") -> WebhookAddress:
    """Listen for events at an address.

    Raises:
        CliError: nothing can listen there, or whoever reaches it could send events.
    """
    from httptask.events import EventRefused
    from httptask.events.webhooks import Webhooks
    from httptask.http.errors import SecretUnavailable
    from httptask.secrets.store import SecretStore

    config = project.config
    secrets = SecretStore(config.secrets, project.environment)
    try:
        webhooks = Webhooks(config.webhooks, secrets)
        for webhook in config.webhooks.values():
            for name in webhook.secret_names:
                secrets.resolve(name)
    except (EventRefused, SecretUnavailable) as error:
        raise CliError(f"--webhooks: {error}", "see `[webhooks.NAME]` in docs/configuration.md") from None
    sockets = listening_at(address, "webhooks")
    if webhooks.open and not all(ip_address(each.getsockname()[0]).is_loopback for each in sockets):
        names = ", ".join(webhooks.open)
        raise CliError(
            f"--webhooks {address}: others than this machine could send events to {names}",
            'write signature = "$secrets.NAME", or bearer, into [webhooks.NAME], or listen at 127.0.0.1',
        )
    return WebhookAddress(webhooks, sockets)


@asynccontextmanager
async def events_taken(address: WebhookAddress | None, client: Client) -> AsyncGenerator[None]:
    """Take events while the context lasts, if there is an address for them."""
    if address is None:
        yield
        return
    async with address.webhooks.served(client, address.sockets):
        yield
