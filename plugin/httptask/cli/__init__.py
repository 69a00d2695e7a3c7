"""The `httptask` command."""

from httptask.cli.app import main

__all__ = ["main"]
