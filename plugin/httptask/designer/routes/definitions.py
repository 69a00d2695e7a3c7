"""The definitions of the folder: listed, read, made, saved, checked."""

import re
from functools import lru_cache
from pathlib import Path, PurePosixPath

from fastapi import APIRouter
from pydantic import BaseModel

from httptask.catalog.operation_faults import operation_faults
from httptask.catalog.path_faults import path_faults
from httptask.catalog.project_documents import ProjectDocuments
from httptask.designer.called import CalledOperations
from httptask.designer.outline import Checked, checked, runs_name, with_made_up
from httptask.designer.problems import Problem
from httptask.designer.workspace import AskedWorkspace, Workspace, load_once
from httptask.diagnostics.cutting import shortened
from httptask.diagnostics.fault import Fault
from httptask.dsl.program import Program
from httptask.dsl.yaml import read_yaml
from httptask.dsl.yaml.editing import begin_definition
from httptask.explain.findings import missing_definitions
from httptask.json.types import is_object

router = APIRouter(tags=["definitions"])

_KEYS = ("document", "do")
_LONGEST_SUMMARY = 400
_NO_TASK = ("empty", "/do")
"""What is told of a definition without tasks, by code and pointer."""


class ListedDefinition(BaseModel):
    """One file."""

    path: str
    definition: str | None = None
    """`namespace/name`, by which runs call it."""
    name: str | None
    title: str | None
    summary: str | None = None
    """What it does, in its own words: their beginning."""
    faults: int
    """How many errors it has; that it has no task yet is none."""
    connections: dict[str, list[str]] = {}
    """Those that it uses, with the names of the tasks that do."""
    sha256: str


class NewDefinition(BaseModel):
    """What is to be made."""

    path: str
    name: str | None = None
    """By default made of the path."""


class SavedText(BaseModel):
    """What is to be written."""

    text: str
    base: str
    """SHA-256 of what was read."""


class EditedText(BaseModel):
    """A text as it stands in an editor."""

    path: str
    text: str


class DefinitionText(Checked):
    """A definition: its text, and what it says."""

    path: str
    text: str
    sha256: str


@router.get("/definitions")
def list_definitions(workspace: AskedWorkspace) -> list[ListedDefinition]:
    """The definitions of the folder and of folders in it; other YAML files are left out."""
    found: list[ListedDefinition] = []
    for path in workspace.folder.paths():
        try:
            read = workspace.folder.read(path)
        except Problem:  # which reading it tells
            found.append(ListedDefinition(path=path, name=None, title=None, faults=1, sha256=""))
            continue
        listed = _listed(path, read.text, read.sha256, workspace.folder.file(path).parent)
        if listed is not None:
            found.append(listed)
    return found


@router.post("/definitions", status_code=201)
def create_definition(new: NewDefinition, workspace: AskedWorkspace) -> DefinitionText:
    """Make a file with a definition that has no task yet."""
    name = new.name or re.sub("[^a-z0-9]+", "-", PurePosixPath(new.path).stem.lower())[:63].strip("-")
    text = begin_definition("", name or "workflow") + "do: []\n"
    written = workspace.folder.create(new.path, text)
    return _whole(workspace, written.path, written.text, written.sha256)


@router.get("/definitions/{path:path}")
def read_definition(path: str, workspace: AskedWorkspace) -> DefinitionText:
    """One definition."""
    read = workspace.folder.read(path)
    return _whole(workspace, path, read.text, read.sha256)


@router.put("/definitions/{path:path}")
def save_definition(path: str, saved: SavedText, workspace: AskedWorkspace) -> DefinitionText:
    """Write a definition, whatever is wrong with it; 409 where its file was changed meanwhile."""
    written = workspace.folder.save(path, saved.text, saved.base)
    return _whole(workspace, path, written.text, written.sha256)


@router.post("/check")
def check_definition(edited: EditedText, workspace: AskedWorkspace) -> Checked:
    """What a text says, and what is wrong with it: as `httptask validate` tells it."""
    return check_text(workspace, edited.path, edited.text)


def check_text(workspace: Workspace, path: str, text: str) -> Checked:
    """Look at a text as at the file that it is to be."""
    loaded = workspace.load(path, text)
    file = workspace.folder.file(path)
    beside = [one for one in workspace.folder.beside(file) if one != file]
    try:
        unknown = list(missing_definitions([loaded], beside))
    except ValueError:  # two others claim the same name, which is told where they are served
        unknown = []
    config = workspace.settings().config
    documents = ProjectDocuments(config.root, config.state_directory, file.parent)
    of_apis: list[Fault] = []
    if loaded.draft is not None:
        of_apis += operation_faults(loaded.draft, documents)
        of_apis += path_faults(loaded.draft, config.connections, config.root, config.state_directory)
    looked = checked(loaded, config.connections, of_apis, unknown)
    called = CalledOperations(config, workspace.catalog(config))
    return with_made_up(loaded, looked, [*called.to_fill_in(loaded)])


def _whole(workspace: Workspace, path: str, text: str, sha256: str) -> DefinitionText:
    looked = check_text(workspace, path, text)
    return DefinitionText(path=path, text=text, sha256=sha256, **looked.model_dump())


@lru_cache(maxsize=2_000)
def _listed(path: str, text: str, sha256: str, folder: Path) -> ListedDefinition | None:
    """What a list tells of a file; None where it is no definition."""
    document = read_yaml(text)
    if document.complete and not (is_object(document.data) and any(key in document.data for key in _KEYS)):
        return None
    if not document.complete and not re.search("^(document|do):", text, re.MULTILINE):
        return None
    loaded = load_once(text, path, folder)
    told = document.data.get("document") if is_object(document.data) else None
    words = told if is_object(told) else {}
    name, title, summary = (words.get(key) for key in ("name", "title", "summary"))
    return ListedDefinition(
        path=path,
        definition=runs_name(document.data),
        name=name if isinstance(name, str) else None,
        title=title if isinstance(title, str) else None,
        summary=shortened(summary, _LONGEST_SUMMARY) if isinstance(summary, str) else None,
        faults=sum(one.severity == "error" and (one.code, one.pointer) != _NO_TASK for one in loaded.reports),
        connections=_connections_of(loaded.program or loaded.draft),
        sha256=sha256,
    )


def _connections_of(program: Program | None) -> dict[str, list[str]]:
    used: dict[str, list[str]] = {}
    for node in program.nodes.values() if program else ():
        for name in dict.fromkeys(name for _, name in node.connections):
            used.setdefault(name, []).append(node.name)
    return used
