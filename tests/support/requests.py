"""Requests of tests, over the connection `local` of `make_edge`."""

from typing import Any

from httptask.http.models import HttpRequest, SecretReference

__all__ = ["at", "request"]


def request(url: str = "/", **fields: Any) -> HttpRequest:
    """A GET, unless another method is given."""
    return HttpRequest(**{"method": "GET", "url": url, "connection": "local", **fields})


def at(pointer: str, name: str, offset: int = 0, field: str | None = None) -> SecretReference:
    """A secret that stands there in a request."""
    return SecretReference(pointer=pointer, name=name, offset=offset, field=field)
