"""Durable workflows: calls for workflows in Python, and the interpreter of definitions."""

from httptask.workflows.calls import CallOptions, ChatResult, chat_completion, http_request

__all__ = ["CallOptions", "ChatResult", "chat_completion", "http_request"]
