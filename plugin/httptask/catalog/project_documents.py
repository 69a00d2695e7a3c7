"""The API documents of a project for its workers: what reads them is loaded for who asks, for few do."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from httptask.openapi.described import Described
    from httptask.plugin import DefinitionRegistry

__all__ = ["ProjectDocuments"]


@dataclass(frozen=True, slots=True)
class ProjectDocuments:
    """The documents of a catalogue, and files beside definitions: `KeptDocuments` of a worker.

    Attributes:
        root: the project's folder.
        state: the folder for what can be made again.
        home: the folder of definitions that are started by themselves, at which paths in these begin.
        definitions: that are served, each of which has the folder of its file.
    """

    root: Path
    state: Path
    home: Path
    definitions: "DefinitionRegistry | None" = None

    def find(self, address: str, operation_id: str, definition: str | None = None) -> "Described | None":
        """See `KeptDocuments`."""
        from httptask.catalog.documents import DocumentFinder

        served = (
            None if definition is None or self.definitions is None else self.definitions.folder(definition)
        )
        return DocumentFinder(self.root, self.state, served or self.home).find(address, operation_id)
