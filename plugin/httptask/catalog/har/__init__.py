"""Tasks from HAR files, in which browsers keep what a page asked for."""

from httptask.catalog.har.reading import import_har

__all__ = ["import_har"]
