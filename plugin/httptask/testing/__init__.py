"""What helps to test workflows that make HTTP calls."""

from httptask.testing.server import Reply, ScriptedServer, ServedRequest

__all__ = ["Reply", "ScriptedServer", "ServedRequest"]
