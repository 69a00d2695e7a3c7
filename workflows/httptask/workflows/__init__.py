"""What a workflow in Python calls."""

# First: what is below can't be imported without the plugin.
import httptask.scheduling.plugin_check  # noqa: F401 # pyright: ignore[reportUnusedImport]

# isort: split
from httptask.chat.fields.request import ChatParams
from httptask.dsl.metadata import Budget
from httptask.http.models import HttpResponse, Limits, Part
from httptask.workflows.activity_tools import tool_of
from httptask.workflows.chat_completion import chat_completion
from httptask.workflows.chat_result import ChatResult
from httptask.workflows.http_request import CallOptions, http_request

__all__ = [
    "Budget",
    "CallOptions",
    "ChatParams",
    "ChatResult",
    "HttpResponse",
    "Limits",
    "Part",
    "chat_completion",
    "http_request",
    "tool_of",
]
