"""The embedded Temporal server: one per `.httptask` folder, shared by commands that run side by side."""

from httptask.cli.server.shared import SharedServer

__all__ = ["SharedServer"]
