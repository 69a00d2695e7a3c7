"""Showing a run while it goes on."""

from httptask.cli.terminal.progress.live import LiveView
from httptask.cli.terminal.progress.plain import PlainView
from httptask.cli.terminal.progress.view import View

__all__ = ["LiveView", "PlainView", "View"]
