"""The Temporal plugin as a command sets it up."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from httptask.catalog.project_documents import ProjectDocuments
from httptask.cli.project.storage import checked_storage, storage_of
from httptask.cli.terminal.errors import CliError, in_lines

if TYPE_CHECKING:
    from httptask.config import Config
    from httptask.dsl.loader import Loaded
    from httptask.dsl.report import Report
    from httptask.fixtures.recording import Recorder
    from httptask.fixtures.transport import Fixtures
    from httptask.plugin import DefinitionRegistry, HttpTaskPlugin
    from httptask.plugin.data_converter import ConverterPlugin

__all__ = [
    "load_fixtures",
    "plugin_for",
    "plugin_for_asking",
    "plugins_for_reading",
    "require_none",
    "serve",
]


def load_fixtures(directory: Path | None, record: Path | None) -> "Fixtures | None":
    """Read recorded answers, where there are to be any.

    Raises:
        CliError: a file among them is not a fixture, or answers are to be recorded as well.
    """
    if directory is not None and record is not None:
        raise CliError(
            "--fixtures and --record exclude each other", "record from a real run, without --fixtures"
        )
    if directory is None:
        return None
    if not directory.is_dir():
        raise CliError(
            f"--fixtures: {directory} is not a folder", "`--record DIR` writes one from a real run"
        )
    from httptask.fixtures.transport import FixtureInvalid, Fixtures

    try:
        return Fixtures.load(directory)
    except FixtureInvalid as error:
        raise CliError(in_lines(error.faults)) from None


def plugin_for(
    config: "Config",
    environment: Mapping[str, str],
    definitions: "DefinitionRegistry | None" = None,
    *,
    home: Path | None = None,
    alone: bool = False,
    allow_inline: bool = True,
    fixtures: "Fixtures | None" = None,
    recorder: "Recorder | None" = None,
    ask_storage: bool = True,
) -> "HttpTaskPlugin":
    """For a worker that is configured like this.

    Args:
        config: of the worker.
        environment: holds the values of its secrets.
        definitions: that it serves by name, if it does.
        home: the folder of definitions that come with their start; the project's if None.
        alone: whether no other worker polls its task queue.
        allow_inline: whether it runs definitions that come with their start.
        fixtures: recorded answers in place of servers.
        recorder: writes every exchange to files.
        ask_storage: whether the server of a bucket is asked for it now.
    """
    from httptask.activities.event_sink import EventSink
    from httptask.plugin import HttpTaskPlugin
    from httptask.secrets.store import SecretStore

    return HttpTaskPlugin(
        connections=config.connections,
        secrets=SecretStore(config.secrets, environment, placeholder=fixtures is not None),
        fixtures=fixtures,
        recorder=recorder,
        storage=checked_storage(config, ask=ask_storage),
        definitions=definitions,
        allow_inline=allow_inline,
        allowed_activities=list(config.activities.values()),
        allowed_hosts=config.policy.allowed_hosts,
        allow_private=config.policy.allow_private,
        event_sink=config.events if fixtures is None else EventSink(),
        documents=ProjectDocuments(config.root, config.state_directory, home or config.root, definitions),
        share_queue=not alone,
    )


def plugin_for_asking(config: "Config") -> "ConverterPlugin":
    """For a client that only asks workers for something.

    Raises:
        CliError: the storage of the project can't be used.
    """
    from httptask.plugin.data_converter import ConverterPlugin

    return ConverterPlugin(checked_storage(config))


def plugins_for_reading(config: "Config") -> "list[ConverterPlugin]":
    """For a client that only reads what runs left behind: what decodes it, where Temporal alone can't."""
    storage = storage_of(config)
    if storage is None:
        return []
    from httptask.plugin.data_converter import ConverterPlugin

    return [ConverterPlugin(storage)]


def serve(loaded: "Iterable[Loaded]") -> "DefinitionRegistry":
    """Definitions by the names under which clients start them.

    Raises:
        CliError: two of them claim the same name, or one runs another that is not among them.
    """
    from httptask.plugin.definitions import registry_of, unknown_definitions

    loaded = list(loaded)
    try:
        registry = registry_of(loaded)
    except ValueError as error:
        raise CliError(str(error)) from None
    require_none(unknown_definitions(loaded, registry))
    return registry


def require_none(unknown: "Iterable[Report]") -> None:
    """Check that definitions which others run are there.

    Raises:
        CliError: one is not.
    """
    found = [str(report) for report in unknown]
    if found:
        raise CliError(in_lines(found), "a definition runs those of its own folder that have no errors")
