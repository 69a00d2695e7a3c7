"""Tasks from commands of curl: the request that curl would send."""

from httptask.catalog.curl.reading import import_curl

__all__ = ["import_curl"]
