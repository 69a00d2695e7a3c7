"""Requests in, tasks out."""

import re
from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from httptask.catalog.errors import CatalogError
from httptask.catalog.importing.credentials import Secrets
from httptask.catalog.importing.named_secrets import NeededSecret
from httptask.catalog.importing.request import ImportedRequest
from httptask.catalog.importing.tasks import camel_case, read_credentials, task_name, task_of
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
        json_as_form: tasks whose body is JSON, and a form only because the command does not say what it is.
        connections: names of the connections that tasks go by, by the names of those.
        of_connections: what they would name otherwise, by the names that it has in these connections.
    """

    tasks: dict[str, dict[str, Any]]
    secrets: tuple[NeededSecret, ...]
    notes: tuple[str, ...]
    left_out: tuple[LeftOut, ...] = ()
    json_as_form: tuple[str, ...] = ()
    connections: Mapping[str, str] = field(default_factory=dict[str, str])
    of_connections: tuple[NeededSecret, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The same as JSON; of secrets what they are, and not their values."""
        return {
            "tasks": [{name: task} for name, task in self.tasks.items()],
            "secrets": [{"name": secret.name, "what": secret.what} for secret in self.secrets],
            "connections": dict(self.connections),
            "notes": list(self.notes),
            "left_out": [asdict(one) for one in self.left_out],
        }


@dataclass(frozen=True)
class _Found:
    """A request, its title, what its host is called, and where it stands if it may be left out."""

    request: ImportedRequest
    title: str
    host: str
    place: str | None


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
        self.notes: list[str] = []
        self._found: list[_Found] = []
        self._texts: list[str] = []
        self._left_out: list[LeftOut] = []
        self._json_as_form: list[str] = []
        self._place: str | None = None

    def __len__(self) -> int:
        """How many requests were added."""
        return len(self._found)

    def add(self, request: ImportedRequest, title: str = "") -> None:
        """Take a request, of which a task will be made.

        Args:
            request: the request.
            title: what it is called where it stands, of which the task's name is made.

        Raises:
            CatalogError: no task can send it.
        """
        self._texts += [title, self._place or "", *read_credentials(request, self._secrets)]
        self._found.append(_Found(request, title, self._secrets.host, self._place))

    def _made(self, found: "_Found") -> tuple[str, dict[str, Any]]:
        """A task and its name."""
        request = found.request
        task = task_of(request, self._secrets)
        self._check(task)
        title = camel_case(self._title(found.title, request))
        name = unused_name(self._name or title or task_name(request, self._secrets), self._taken)
        self._taken.add(name)
        self.notes += request.notes
        if request.json_as_form is not None:
            self._json_as_form.append(name)
        return name, task

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
        self._place = place
        try:
            yield
        except CatalogError as error:
            self._left_out.append(LeftOut(place, error.message, error.hint))
        except UnicodeEncodeError:
            message = "a text of it has half of a surrogate pair"
            self._left_out.append(LeftOut(place, message, "write the letter anew where it comes from"))
        finally:
            self._place = None

    def imported(self) -> Imported:
        """The tasks of all of them.

        Raises:
            CatalogError: there is none, since each request was left out, or one was not to be.
        """
        tasks: dict[str, dict[str, Any]] = {}
        shown = self._secrets.shown
        told = [text for one in self._left_out for text in (one.place, one.message)]
        self._secrets.look_everywhere([*self._texts, *told, *self.notes])
        for found in self._found:
            self._secrets.host = found.host
            with nullcontext() if found.place is None else self.or_leave_out(found.place):
                name, task = self._made(found)
                tasks[name] = task
        left_out = [LeftOut(shown(one.place), shown(one.message), one.hint) for one in self._left_out]
        if left_out and not tasks:
            first, *others = left_out
            also = f"; {len(others)} more can't be kept either" if others else ""
            raise CatalogError(f"{first.place}: {first.message}{also}", first.hint)
        texts = texts_of(list(tasks.values()))
        named = {name for text in texts for name in _SECRET.findall(text)}
        secrets = [secret for secret in self._secrets.needed.values() if secret.name in named]
        return Imported(
            tasks,
            tuple(replace(secret, what=shown(secret.what)) for secret in secrets),
            tuple(dict.fromkeys(map(shown, self.notes))),
            tuple(left_out),
            tuple(self._json_as_form),
        )

    def _check(self, task: dict[str, Any]) -> None:
        """Refuse what no definition can hold, above all variables where no secret may stand."""
        use = {"use": {"secrets": list(self._secrets.needed)}} if self._secrets.needed else {}
        for fault in compile_definition({"document": _DOCUMENT, **use, "do": [{"request": task}]}).faults:
            if fault.severity is Severity.ERROR:
                raise CatalogError(
                    f"no task can send this: {fault.message}", fault.hint or "write it otherwise"
                )
