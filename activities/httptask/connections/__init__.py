"""A server, and what is set for all requests to it."""

from httptask.connections.connection import Connection, Price
from httptask.connections.route import Proxy, Tls
from httptask.resilience.retry import Retry

__all__ = ["Connection", "Price", "Proxy", "Retry", "Tls"]
