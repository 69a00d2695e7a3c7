"""The catalogue of the project that a command works in, and documents that are loaded for it."""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from httptask.cli.terminal.errors import CliError
from httptask.cli.terminal.notice import show_notice

if TYPE_CHECKING:
    from httptask.catalog.catalog import Catalog
    from httptask.catalog.directory.directory import KnownApi
    from httptask.cli.project.project import Project
    from httptask.config import Config
    from httptask.diagnostics.fault import Fault
    from httptask.dsl.program import Program

__all__ = [
    "download_document",
    "download_known",
    "is_url",
    "opened_catalog",
    "read_document",
]


def faults_of_operations(program: "Program", name: str, config: "Config") -> "Iterator[Fault]":
    """What a definition wants of API documents of the project that these do not have.

    Args:
        program: the definition.
        name: of its file.
        config: of the project.
    """
    if all(node.kind.name != "call.openapi" for node in program.nodes.values()):
        return  # without loading what few definitions need
    from httptask.catalog.operation_faults import operation_faults
    from httptask.catalog.project_documents import ProjectDocuments

    documents = ProjectDocuments(config.root, config.state_directory, Path(name).parent)
    yield from operation_faults(program, documents)


def doubtful_paths(program: "Program", config: "Config") -> "Iterator[Fault]":
    """Paths of requests that no API of the project's catalogue has, and that are near to one that it has."""
    from httptask.catalog import FOLDER

    if (config.root / FOLDER).is_dir():  # without loading what reads one
        from httptask.catalog.path_faults import path_faults

        yield from path_faults(program, config.connections, config.root, config.state_directory)


@contextmanager
def opened_catalog(config: Path | None) -> "Generator[tuple[Project, Catalog]]":
    """The project and its catalogue; what that can't do ends the command."""
    from httptask.catalog.catalog import Catalog
    from httptask.catalog.errors import CatalogError
    from httptask.cli.project.project import load_project

    project = load_project(config)
    try:
        yield project, Catalog(project.config.root, project.config.state_directory)
    except CatalogError as error:
        raise CliError(error.message, error.hint) from None


def is_url(source: str) -> bool:
    """Whether what was named is loaded over the network."""
    return source.lower().startswith(("http://", "https://"))


def read_document(place: str, project: "Project") -> "tuple[str, Callable[[str], bytes | None], str | None]":
    """A document from where a person says: a name for its file, what reads it and the files below, and its URL if any.

    Raises:
        CatalogError: it can't be had.
        DocumentInvalid: a file is too large.
    """
    from httptask.catalog.sources import files_below, root_document

    if is_url(place):
        file, data = download_document(place, project)
        return file, {file: data}.get, place
    document = root_document(Path(place))
    return document.name, files_below(document.parent), None


def download_known(api: "KnownApi", project: "Project") -> tuple[str, bytes]:
    """The document of a known API, and a name for its file.

    Raises:
        CatalogError: it can't be had; the hint says what to download.
    """
    from httptask.catalog.errors import CatalogError
    from httptask.catalog.sources import SAVED

    if api.folder:
        raise CatalogError(f"the document of {api.title} is spread over many files", api.how_to_add())
    try:
        return download_document(api.url, project)
    except CatalogError as error:
        named = f"download it with what reaches it, and then: httptask catalog add FILE --name {api.name}"
        raise CatalogError(error.message, named if error.hint == SAVED else error.hint) from None


def download_document(url: str, project: "Project") -> tuple[str, bytes]:
    """What is at a URL, and a name for its file. It goes the way of every request.

    Raises:
        CatalogError: it can't be had.
    """
    from httptask.catalog.importing.credentials import without_credentials
    from httptask.catalog.sources import download
    from httptask.cli.observability.logging import configure_logging
    from httptask.cli.terminal.background import run_async

    configure_logging("WARNING")
    show_notice(f"loading {without_credentials(url)}")
    return run_async(download(url, project.config.policy))
