"""Requests in, tasks out."""

import re
from collections.abc import Collection, Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Final

from httptask.catalog.errors import CatalogError
from httptask.catalog.importing.credentials import NeededSecret, Secrets
from httptask.catalog.importing.request import ImportedRequest
from httptask.catalog.importing.tasks import camel_case, task_name, task_of
from httptask.diagnostics.fault import Severity
from httptask.dsl.compile import compile_definition
from httptask.http.headers import HIDDEN
from httptask.json.tree import texts_of
from httptask.openapi.naming import unused_name

__all__ = ["Imported", "LeftOut", "TaskCollector"]

_DOCUMENT: Final = {"dsl": "1.0.3", "namespace": "catalog", "name": "import", "version": "1.0.0"}
_SECRET: Final = re.compile(r"\$secrets\.(\w+)")


@dataclass(frozen=True)
class LeftOut:
    """A request that became no task.

    Attributes:
        place: where it stands.
        message: why.
        hint: what to do about it.
    """

    place: str
    message: str
    hint: str | None


@dataclass(frozen=True)
class Imported:
    """What became of requests.

    Attributes:
        tasks: each as a definition has it, by name, in the order of the requests.
        secrets: what they name, and what holds it.
        notes: what they do not keep, by name; never a credential.
        left_out: requests that no task can send.
    """

    tasks: dict[str, dict[str, Any]]
    secrets: tuple[NeededSecret, ...]
    notes: tuple[str, ...]
    left_out: tuple[LeftOut, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The same as JSON; of secrets what they are, and not their values."""
        return {
            "tasks": [{name: task} for name, task in self.tasks.items()],
            "secrets": [{"name": secret.name, "what": secret.what} for secret in self.secrets],
            "notes": list(self.notes),
            "left_out": [asdict(one) for one in self.left_out],
        }


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
        self._taken = set(taken)
        self.tasks: dict[str, dict[str, Any]] = {}
        self.notes: list[str] = []
        self._left_out: list[LeftOut] = []

    def add(self, request: ImportedRequest, title: str = "") -> None:
        """Make a task of a request.

        Args:
            request: the request.
            title: what it is called where it stands, of which the task's name is made.

        Raises:
            CatalogError: no task can send it.
        """
        task = task_of(request, self._secrets)
        self._check(task)
        wanted = self._name or camel_case(self._title(title, request)) or task_name(request, self._secrets)
        name = unused_name(wanted, self._taken)
        self._taken.add(name)
        self.tasks[name] = task
        self.notes += request.notes

    def _title(self, title: str, request: ImportedRequest) -> str:
        """What of a title may be in a name; nothing where it is the address."""
        host = request.url.host
        return (
            ""
            if "://" in title or (host and f"{host}/" in title)
            else self._secrets.shown(title).replace(HIDDEN, "")
        )

    @contextmanager
    def or_leave_out(self, place: str) -> Generator[None]:
        """Read and add a request within, which is left out where no task can send it."""
        try:
            yield
        except CatalogError as error:
            self._leave_out(place, error.message, error.hint)
        except UnicodeEncodeError:
            self._leave_out(
                place,
                "a text of it has half of a surrogate pair",
                "write the letter anew where it comes from",
            )

    def _leave_out(self, place: str, message: str, hint: str | None) -> None:
        shown = self._secrets.shown
        self._left_out.append(LeftOut(shown(place), shown(message), hint))

    def imported(self) -> Imported:
        """All of them.

        Raises:
            CatalogError: there is none, since each request was left out.
        """
        if self._left_out and not self.tasks:
            first, *others = self._left_out
            also = f"; {len(others)} more can't be kept either" if others else ""
            raise CatalogError(f"{first.place}: {first.message}{also}", first.hint)
        texts = texts_of(list(self.tasks.values()))
        named = {name for text in texts for name in _SECRET.findall(text)}
        secrets = tuple(secret for secret in self._secrets.needed.values() if secret.name in named)
        return Imported(
            self.tasks,
            secrets,
            tuple(dict.fromkeys(map(self._secrets.shown, self.notes))),
            tuple(self._left_out),
        )

    def _check(self, task: dict[str, Any]) -> None:
        """Refuse what no definition can hold, above all variables where no secret may stand."""
        use = {"use": {"secrets": list(self._secrets.needed)}} if self._secrets.needed else {}
        for fault in compile_definition({"document": _DOCUMENT, **use, "do": [{"request": task}]}).faults:
            if fault.severity is Severity.ERROR:
                raise CatalogError(
                    f"no task can send this: {fault.message}", fault.hint or "write it otherwise"
                )
