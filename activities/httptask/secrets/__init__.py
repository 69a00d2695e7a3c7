"""Values of secrets: where they come from, where they may go, and how they are taken out of what is shown."""

from httptask.secrets.sources import SecretProvider, SecretSource
from httptask.secrets.store import SecretStore

__all__ = ["SecretProvider", "SecretSource", "SecretStore"]
