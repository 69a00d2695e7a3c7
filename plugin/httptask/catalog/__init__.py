"""The catalogue: APIs of a project, what they say of their operations, and requests of others as tasks."""

from typing import Final

__all__ = ["FOLDER"]

FOLDER: Final = "catalog"
"""In a project, with the APIs that were added to it."""
