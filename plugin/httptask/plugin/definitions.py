"""The definitions that a worker serves by name."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from httptask.activities.configuration_activities import ConfigurationActivities
from httptask.activities.names import LOAD_DEFINITION
from httptask.diagnostics.fault import Fault
from httptask.diagnostics.suggest import hint_for_unknown
from httptask.dsl.canonical import canonical_json, packed, qualified_name
from httptask.dsl.loader import Loaded, definition_files_in, load_file
from httptask.dsl.program import Program
from httptask.dsl.report import Report
from httptask.interpreter.workflow_types import (
    WORKFLOW_TYPE,
    LoadedDefinition,
    keep_program,
    unpacked_program,
)

__all__ = [
    "DefinitionActivities",
    "DefinitionRegistry",
    "ServedDefinition",
    "definitions_inside",
    "registry_of",
    "unknown_definitions",
]

_REFUSAL_OF_INLINE = (
    "this worker refuses definitions that come with the start of a workflow; to run them, start it with "
    "--allow-inline, allow_inline = true under [worker] in httptask.toml, or HttpTaskPlugin(allow_inline=True)"
)


_LATEST = ":latest"
_LONGEST_NAME = 1000
"""Temporal's `limit.maxIDLength`, by default."""


class ServedDefinition(BaseModel):
    """A definition that was loaded and found valid, and the file it came from."""

    source: str
    definition: dict[str, Any]

    @property
    def qualified_name(self) -> str:
        """`NAMESPACE/NAME:VERSION`."""
        return qualified_name(self.definition)


class DefinitionRegistry:
    """Finds definitions by `NAME` (its highest version) or by `NAMESPACE/NAME:VERSION`."""

    def __init__(self, definitions: Iterable[ServedDefinition]) -> None:
        """Index the definitions.

        Raises:
            ValueError: two files define the same version differently, or one name in two namespaces, or a name is
                longer than Temporal takes it.
        """
        self._by_name: dict[str, LoadedDefinition] = {}
        self._sources = sources = dict[str, str]()
        latest: dict[str, ServedDefinition] = {}
        for served in definitions:
            _require_short(served)
            loaded = LoadedDefinition(
                name=served.qualified_name, packed=packed(canonical_json(served.definition))
            )
            known = self._by_name.get(served.qualified_name)
            if known is not None and known.packed != loaded.packed:
                raise ValueError(
                    f"{sources[served.qualified_name]} and {served.source} define {served.qualified_name} differently; "
                    "give one of them another version"
                )
            self._by_name[served.qualified_name] = loaded
            sources[served.qualified_name] = served.source
            self._consider_latest(latest, served)
        for name, served in latest.items():
            self._by_name[name] = self._by_name[served.qualified_name]
            sources[name] = served.source

    @property
    def names(self) -> list[str]:
        """Every workflow type that is served."""
        return sorted(self._by_name)

    def qualified(self, name: str) -> str | None:
        """`NAMESPACE/NAME:VERSION` of the definition of that name, which may have `latest` for its version."""
        namespace, _, short = name.removesuffix(_LATEST).rpartition("/")
        found = self._by_name.get(short if name.endswith(_LATEST) else name)
        return found.name if found is not None and found.name.startswith(f"{namespace}/") else None

    def unknown(self, program: Program) -> Iterator[Fault]:
        """The definitions that tasks of a definition run and that are not among these."""
        for node in program.nodes.values():
            name = node.kind.definition(node)
            if name is not None and self.qualified(name) is None:
                hint = hint_for_unknown(
                    name, sorted({one.name for one in self._by_name.values()}), "definitions"
                )
                message = f"there is no definition `{name}`"
                yield Fault(f"{node.pointer}/run/workflow", "unknown-definition", message, hint)

    def folder(self, name: str) -> Path | None:
        """The folder of the file of that definition; None where none is served."""
        source = self._sources.get(name)
        return None if source is None else Path(source).parent

    def take_over(self, other: "DefinitionRegistry") -> None:
        """Serve what another one does from now on; runs keep the definitions that they began with."""
        self._by_name, self._sources = other._by_name, other._sources  # noqa: SLF001 - it is one of the same kind

    def find(self, name: str) -> LoadedDefinition:
        """The definition of that name, which may have `latest` for its version.

        Raises:
            ApplicationError: this worker serves none.
        """
        loaded = self._by_name.get(self.qualified(name) or name)
        if loaded is None:
            raise ApplicationError(
                _REFUSAL_OF_INLINE
                if name == WORKFLOW_TYPE
                else f"no definition named {name!r} is served here; known: {', '.join(self.names) or 'none'}",
                self.names,
                type="DefinitionUnknown",
                category=ApplicationErrorCategory.BENIGN,  # the log tells it as the workflow task's failure
            )
        return loaded

    @staticmethod
    def _consider_latest(latest: dict[str, ServedDefinition], served: ServedDefinition) -> None:
        document = served.definition["document"]
        known = latest.get(document["name"])
        if known is not None and known.definition["document"]["namespace"] != document["namespace"]:
            raise ValueError(
                f"{known.source} and {served.source} both define {document['name']!r}, in two namespaces; "
                "a workflow type names one of them: rename one, or serve them from two workers"
            )
        if known is None or _precedence(document["version"]) > _precedence(
            known.definition["document"]["version"]
        ):
            latest[document["name"]] = served


def registry_of(loaded: Iterable[Loaded]) -> DefinitionRegistry:
    """Definitions without errors by their names, ready to be run.

    Raises:
        ValueError: see DefinitionRegistry.
    """
    served: list[ServedDefinition] = []
    for one in loaded:
        assert one.program is not None  # it has no errors
        keep_program(one.data, one.program)
        served.append(ServedDefinition(source=one.name, definition=one.data))
    return DefinitionRegistry(served)


def unknown_definitions(loaded: Iterable[Loaded], registry: DefinitionRegistry) -> Iterator[Report]:
    """Where definitions without errors run others that are not known."""
    for one in loaded:
        if one.program is not None:
            yield from one.report(registry.unknown(one.program))


def definitions_inside(
    loaded: Sequence[Loaded], folder: Path | None, known: Sequence[Loaded] = ()
) -> tuple[Sequence[Loaded], Sequence[Report]]:
    """The definitions that some run, and that those run; and where one is run that is not there.

    Args:
        loaded: without errors.
        folder: in whose files they are looked up, if there is one; those with errors count as not there.
        known: further ones, without errors, which go before those of the folder.

    Raises:
        ValueError: two of them claim the same name.
    """
    if not any(one.program is not None and one.program.definitions for one in loaded):
        return (), ()
    first = {qualified_name(one.data): one for one in (*known, *loaded)}
    files = [] if folder is None else definition_files_in(folder)
    beside = [one for one in map(load_file, files) if one.program is not None]
    sound = {**{qualified_name(one.data): one for one in beside}, **first}
    registry = registry_of(
        [*known, *loaded, *(one for one in beside if qualified_name(one.data) not in first)]
    )
    found: dict[str, Loaded] = {}
    reports: list[Report] = []
    new = list(loaded)
    while new:
        reports += unknown_definitions(new, registry)
        names = {name for one in new if one.program is not None for name in one.program.definitions}
        inside = {name for each in names if (name := registry.qualified(each)) is not None}
        new = [sound[name] for name in sorted(inside - found.keys())]
        found.update((qualified_name(one.data), one) for one in new)
    return list(found.values()), reports


class DefinitionActivities:
    """Tells workflows which definition they run, and what the configuration of their worker has for it."""

    def __init__(self, definitions: DefinitionRegistry, configuration: ConfigurationActivities) -> None:
        self._definitions = definitions
        self._configuration = configuration

    @activity.defn(name=LOAD_DEFINITION)
    async def load_definition(self, name: str) -> LoadedDefinition:
        """Find a definition; run as a local activity, so that what a run uses is in its history.

        Names in it that this worker does not have are left out: they are an error of the run, which asks for them.

        Raises:
            ApplicationError: this worker serves no definition of that name.
        """
        loaded = self._definitions.find(name)
        program, _ = unpacked_program(loaded.packed)
        known = self._configuration.known(
            program.connections,
            program.activities,
            activity.info().task_queue,
            emits=program.emits,
            definitions=program.definitions,
        )
        return loaded.model_copy(update=dict(known))


def _require_short(served: ServedDefinition) -> None:
    size = len(served.qualified_name.encode())
    if size > _LONGEST_NAME:
        raise ValueError(
            f"{served.source}: namespace, name and version are {size:,} bytes together, and Temporal takes names of "
            f"{_LONGEST_NAME:,}: shorten them"
        )


def _precedence(version: str) -> tuple[Any, ...]:
    """Order of versions (Semantic Versioning 2.0.0, section 11)."""
    core, _, prerelease = version.partition("+")[0].partition("-")
    identifiers = [
        (0, int(part), "") if part.isdecimal() else (1, 0, part)
        for part in re.split(r"\.", prerelease)
        if part
    ]
    return (*(int(part) for part in core.split(".")), not prerelease, identifiers)
