"""Tasks from requests that were written down elsewhere: credentials become names of secrets."""

from httptask.catalog.importing.collecting import Imported

__all__ = ["Imported"]
