"""The parts of a request, and of how its response is read."""

from typing import Final

from httptask.dsl.expression_parts import Part

__all__ = [
    "AUTHENTICATION",
    "CURSOR",
    "ENDPOINT",
    "EVENT",
    "INTERVAL",
    "ITEMS",
    "LAST_EVENT",
    "LAST_PAGE",
    "NEXT",
    "PATH",
    "REQUEST",
]

ENDPOINT: Final = Part("endpoint")
PATH: Final = Part("path")
AUTHENTICATION: Final = Part("authentication")
REQUEST: Final = Part("request")
"""Method, headers, query, body and key."""

EVENT: Final = Part("stream/each", "event")
LAST_EVENT: Final = Part("stream/until", "event", is_condition=True)

CURSOR: Final = Part("paginate/cursor", "page")
NEXT: Final = Part("paginate/next", "page")
ITEMS: Final = Part("paginate/items", "page")
LAST_PAGE: Final = Part("paginate/until", "page", is_condition=True)
INTERVAL: Final = Part("paginate/interval")
