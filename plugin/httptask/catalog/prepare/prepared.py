"""An operation of the catalogue as a task that calls it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from httptask.catalog.importing.named_secrets import NeededSecret

__all__ = ["Prepared", "PreparedBody"]


@dataclass(frozen=True)
class PreparedBody:
    """A body before it is encoded.

    Attributes:
        data: as its schema has it; expressions stand in it as samples of what they yield.
        fault: what the schema has against it, and where; None where it fits.
    """

    media_type: str
    data: Any
    fault: tuple[str, str] | None = None


@dataclass(frozen=True)
class Prepared:
    """A task, and what it needs.

    Attributes:
        name: of the task.
        task: as a definition has it.
        connection: the name of its connection.
        tables: what `httptask.toml` needs for it; empty where all of it is there.
        secrets: whose values are needed.
        declared_secrets: those of them that the definition declares under `use.secrets`.
        fill_in: parts of the request whose values were made up, by their names.
        from_examples: those whose values are the document's examples.
        problems: what does not fit the reference, or can't be sent as it has it.
        notes: what to know.
        asks_authentication: whether nothing tells how the API authenticates.
        body: None where none is sent.
    """

    name: str
    task: dict[str, Any]
    connection: str
    tables: Mapping[str, Any] = field(default_factory=dict[str, Any])
    secrets: Sequence[NeededSecret] = ()
    declared_secrets: Sequence[str] = ()
    fill_in: Sequence[str] = ()
    problems: Sequence[str] = ()
    notes: Sequence[str] = ()
    asks_authentication: bool = False
    body: PreparedBody | None = None
    from_examples: Sequence[str] = ()

    def as_json(self) -> dict[str, Any]:
        """As a program reads it."""
        return {
            "name": self.name,
            "task": self.task,
            "connection": self.connection,
            "configuration": dict(self.tables),
            "secrets": [{"name": one.name, "what": one.what} for one in self.secrets],
            "declared_secrets": list(self.declared_secrets),
            "fill_in": list(self.fill_in),
            "from_examples": list(self.from_examples),
            "problems": list(self.problems),
            "notes": list(self.notes),
            "asks_authentication": self.asks_authentication,
        }
