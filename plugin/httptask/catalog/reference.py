"""What the catalogue tells of an API, and of an operation: for people as Markdown, for programs as JSON."""

from dataclasses import asdict, dataclass
from typing import Any

from httptask.catalog.index import About
from httptask.diagnostics.fault import Fault
from httptask.openapi.operation import Operation, as_json
from httptask.openapi.reader import Listed

__all__ = ["ApiOverview", "Preset", "Reference"]


@dataclass(frozen=True, slots=True)
class Preset:
    """A provider that a connection can name, whose server has the operation.

    Attributes:
        base_url: empty where every customer has another; `example` then shows its form.
        secret: the environment variable that the credential is in, empty for none.
        as_of: the month by which it was so.
    """

    provider: str
    title: str
    base_url: str
    example: str
    secret: str
    as_of: str


@dataclass(frozen=True, slots=True)
class ApiOverview:
    """An API and its operations.

    Attributes:
        source: the URL that its document was loaded from; None for a file.
        problems: of its document.
    """

    name: str
    source: str | None
    about: About
    operations: tuple[Listed, ...]
    problems: tuple[Fault, ...]

    def as_json(self) -> dict[str, Any]:
        """As a program reads it."""
        return {
            "name": self.name,
            "source": self.source,
            **asdict(self.about),
            "operations": [{**one._asdict(), "tags": list(one.tags)} for one in self.operations],
            "problems": as_json(self.problems),
        }


@dataclass(frozen=True, slots=True)
class Reference:
    """An operation of an API.

    Attributes:
        presets: providers whose servers have it, where httptask knows them.
        authentication: how its requests are authenticated, as somebody told for a document that does not say it.
    """

    api: str
    operation: Operation
    presets: tuple[Preset, ...] = ()
    authentication: str | None = None

    @property
    def name(self) -> str:
        """By which people name it."""
        return f"{self.api}.{self.operation.name}"

    def as_json(self) -> dict[str, Any]:
        """As a program reads it: every key is there, also where it is empty; schemas are JSON Schema 2020-12."""
        return {"api": self.api, **as_json(self.operation), "presets": as_json(self.presets)}
