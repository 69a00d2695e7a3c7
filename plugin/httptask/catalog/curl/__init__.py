"""Tasks from commands of curl: the request that curl would send, its credentials as names of secrets."""

from httptask.catalog.curl.errors import CurlError
from httptask.catalog.curl.reading import CurlImport, import_curl

__all__ = ["CurlError", "CurlImport", "import_curl"]
