"""Showing a run while it goes on."""

from httptask.cli.progress.live import LiveView
from httptask.cli.progress.plain import PlainView
from httptask.cli.progress.view import View

__all__ = ["LiveView", "PlainView", "View"]
