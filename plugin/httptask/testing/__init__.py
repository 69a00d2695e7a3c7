"""What helps to test definitions and workflows that make HTTP calls."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from httptask.testing.environment import DefinitionFailed, HttpTaskEnvironment
    from httptask.testing.replies import Reply
    from httptask.testing.server import ScriptedServer, ServedRequest

__all__ = ["DefinitionFailed", "HttpTaskEnvironment", "Reply", "ScriptedServer", "ServedRequest"]

_MODULES = {
    "DefinitionFailed": "httptask.testing.environment",
    "HttpTaskEnvironment": "httptask.testing.environment",
    "Reply": "httptask.testing.replies",
    "ScriptedServer": "httptask.testing.server",
    "ServedRequest": "httptask.testing.server",
}


def __getattr__(name: str) -> Any:
    """Load what is asked for: a scripted server needs nothing of Temporal."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
