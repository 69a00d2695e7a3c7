"""Durable workflows: calls for workflows in Python, and the interpreter of definitions."""

# First: what is below can't be imported without the plugin.
import httptask.scheduling.registered  # noqa: F401 # pyright: ignore[reportUnusedImport]

# isort: split
from httptask.chat.fields.request import ChatParams
from httptask.dsl.metadata import Budget
from httptask.workflows.activity_tools import tool_of
from httptask.workflows.chat_completion import chat_completion
from httptask.workflows.chat_result import ChatResult
from httptask.workflows.http_request import CallOptions, http_request

__all__ = ["Budget", "CallOptions", "ChatParams", "ChatResult", "chat_completion", "http_request", "tool_of"]
