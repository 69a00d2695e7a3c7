"""How large a definition may be, however it comes."""

from typing import Final

__all__ = ["MAX_BYTES", "MAX_DEPTH", "MAX_TASKS"]

MAX_BYTES: Final = 1 << 20
"""UTF-8 size of a definition's text: a start of a workflow must stay under 2 MiB with its input."""
MAX_DEPTH: Final = 64
"""Mappings and lists inside each other; the standard's deepest examples have about fifteen."""
MAX_TASKS: Final = 1000
"""Tasks, nested ones included: checks compare them with each other, and must be quick whoever wrote them."""
