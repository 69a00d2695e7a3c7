"""Requests in, tasks out."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from httptask.catalog.errors import CatalogError
from httptask.catalog.importing.credentials import NeededSecret, Secrets
from httptask.catalog.importing.request import ImportedRequest
from httptask.catalog.importing.tasks import task_name, task_of
from httptask.diagnostics.fault import Severity
from httptask.dsl.compile import compile_definition
from httptask.openapi.naming import unused_name

__all__ = ["Imported", "TaskCollector"]

_DOCUMENT: Final = {"dsl": "1.0.3", "namespace": "catalog", "name": "import", "version": "1.0.0"}


@dataclass(frozen=True)
class Imported:
    """What became of requests.

    Attributes:
        tasks: each as a definition has it, by name, in the order of the requests.
        secrets: what they name, and what holds it.
        notes: what they do not keep, by name; never a credential.
    """

    tasks: dict[str, dict[str, Any]]
    secrets: tuple[NeededSecret, ...]
    notes: tuple[str, ...]


class TaskCollector:
    """Makes tasks of the requests of one import.

    Args:
        secrets: that the requests were read with.
        name: of the task; further ones get a number behind it. By default it says what a request asks for.
        taken: names that other tasks have.
    """

    def __init__(self, secrets: Secrets, *, name: str | None = None, taken: Collection[str] = ()) -> None:
        self._secrets = secrets
        self._name = name
        self._taken: dict[str, dict[str, Any]] = {other: {} for other in taken}
        self.tasks: dict[str, dict[str, Any]] = {}
        self.notes: list[str] = []

    def add(self, request: ImportedRequest) -> None:
        """Make a task of a request.

        Raises:
            CatalogError: no task can send it.
        """
        task = task_of(request, self._secrets)
        self._check(task)
        taken = {**self._taken, **self.tasks}
        name = task_name(request, taken) if self._name is None else unused_name(self._name, taken)
        self.tasks[name] = task
        self.notes += request.notes

    def imported(self) -> Imported:
        """All of them."""
        return Imported(self.tasks, tuple(self._secrets.needed.values()), tuple(dict.fromkeys(self.notes)))

    def _check(self, task: dict[str, Any]) -> None:
        """Refuse what no definition can hold, above all variables where no secret may stand."""
        use = {"use": {"secrets": list(self._secrets.needed)}} if self._secrets.needed else {}
        for fault in compile_definition({"document": _DOCUMENT, **use, "do": [{"request": task}]}).faults:
            if fault.severity is Severity.ERROR:
                raise CatalogError(
                    f"no task can send this: {fault.message}", fault.hint or "write it otherwise"
                )
