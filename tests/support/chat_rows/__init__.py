"""The table of chat requests: a row per field and rule."""

from support.chat_rows import messages, objects, options, rules, tools
from support.chat_rows.row import HELLO, Row, function

__all__ = ["HELLO", "ROWS", "Row", "function"]

ROWS: list[Row] = [*options.ROWS, *objects.ROWS, *tools.ROWS, *messages.ROWS, *rules.ROWS]
"""Every row."""
