"""SQLite files that can be made again: read as they are, replaced whole, and operations as rows of them."""

import json
import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Final

from httptask.openapi.reader import Listed

__all__ = ["LISTED", "listed_of", "open_database", "replace_database", "row_of"]

LISTED: Final = "name, operation_id, method, path, summary, description, tags, deprecated"
"""The columns of an operation."""


def open_database(file: Path) -> sqlite3.Connection | None:
    """A file to read from; None where it can't be opened."""
    try:
        return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)
    except sqlite3.OperationalError:
        return None


def replace_database(file: Path, fill: Callable[[sqlite3.Connection], None]) -> None:
    """Put a new file in the place of the old one, if it can be written: whoever reads that meanwhile reads on."""
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    with suppress(OSError, sqlite3.OperationalError):
        try:
            draft.unlink(missing_ok=True)
            with closing(sqlite3.connect(draft)) as database:
                fill(database)
            draft.replace(file)
        finally:
            draft.unlink(missing_ok=True)


def row_of(operation: Listed) -> tuple[Any, ...]:
    """An operation as the values of its columns."""
    return (*operation[:6], json.dumps(operation.tags), operation.deprecated)


def listed_of(row: Sequence[Any]) -> Listed:
    """The operation of which these are the columns."""
    name, operation_id, method, path, summary, description, tags, deprecated = row
    labels = tuple(json.loads(tags))
    return Listed(name, operation_id, method, path, summary, description, labels, bool(deprecated))
