"""How strictly a chat request is checked, and how strictly its answer is taken."""

from typing import Literal

__all__ = ["Incomplete", "Level"]

Incomplete = Literal["error", "value"]
"""What an answer is that was cut at its token limit, held back by a filter, or refused."""

Level = Literal["off", "warn", "strict"]
"""`strict` refuses what the server is sure to reject and warns of what it may; `warn` only warns; `off` is silent."""
