"""The Temporal plugin: `HttpTaskPlugin` gives a worker or client the HTTP tasks of this package."""

from httptask.plugin.definitions import DefinitionRegistry, ServedDefinition
from httptask.plugin.plugin import HttpTaskPlugin
from httptask.plugin.status import fetch_status

__all__ = ["DefinitionRegistry", "HttpTaskPlugin", "ServedDefinition", "fetch_status"]
