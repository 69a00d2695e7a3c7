"""Tasks from collections of Postman."""

from httptask.catalog.postman.reading import import_postman

__all__ = ["import_postman"]
