"""What forms are made of: the fields of a task, and of a run's input."""

import hashlib
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from httptask.catalog import FOLDER, chat_completion
from httptask.catalog.project_documents import ProjectDocuments
from httptask.catalog.reference import Reference
from httptask.designer.called import CalledOperations
from httptask.designer.operation_fields import with_parameters, with_request
from httptask.designer.problems import Problem
from httptask.designer.routes.definitions import EditedText
from httptask.designer.task_schema import ARGUMENTS, TaskSchema, kind_of, schema_of
from httptask.designer.workspace import AskedWorkspace, Workspace
from httptask.dsl.event_data import event_schema
from httptask.dsl.locate import tokens_of, value_at
from httptask.dsl.renaming import variables_of
from httptask.dsl.tasks import CALLS
from httptask.dsl.tasks.openapi import ApiCall, api_call
from httptask.http.errors import RequestInvalid
from httptask.json.types import is_object
from httptask.openapi.depth import SHOWN
from httptask.openapi.described import Described
from httptask.openapi.reader import within

router = APIRouter(tags=["forms"])

_NAMED = ("authentications", "errors", "retries", "secrets", "timeouts")
"""Keys of `use` whose parts a task refers to by name."""


class TaskOfText(EditedText):
    """A task of a text."""

    pointer: str


class TaskPlace(TaskOfText):
    """A task of a text, whose form is asked for."""

    known: str | None = None
    """The `schema_id` of a schema that whoever asks has already, and does not need again."""


class TaskForm(BaseModel):
    """A task, and what its form is made from."""

    task: Any
    operation: str | None
    """Of the catalogue, `API.OPERATION`, where the task is known to be a call of it."""
    document: str | None = None
    """The file that tells the operation, where it is none of the catalogue: `POST /api/task/reference` reads it."""
    unknown_document: str | None = None
    """The address of the API document that would tell more, where `POST /api/catalog` can add it."""
    variables: dict[str, str]
    """Names of the variables that it binds for the tasks in it, by the pointers of their fields: `rename_variable`
    changes them with what reads them."""
    event_schema: Any = None
    """JSON Schema of the data of an event that it waits for; None where nothing is known of that."""
    names: dict[str, list[str]]
    """What the definition has under `use`, by its key, such as `retries`."""
    schema_id: str
    """Another one for another schema: a page asks with each change, of which few change it."""
    schema_: TaskSchema | None = Field(serialization_alias="schema")
    """None where it is the known one."""


class InputForm(BaseModel):
    """The fields of a run's input."""

    schema_: Any = Field(serialization_alias="schema")
    """JSON Schema; None where the definition tells none."""


@router.post("/task")
def get_task(place: TaskPlace, workspace: AskedWorkspace) -> TaskForm:
    """A task as it is written, and the schema that its form is made from."""
    loaded, program = workspace.readable(place.path, place.text)
    known = place.pointer in program.nodes
    tokens = tokens_of(loaded.data, program.written_at(place.pointer))
    task = value_at(loaded.data, tokens) if known else None
    if not is_object(task):
        raise Problem(404, "there is no such task", "choose another block")
    kind = kind_of(task)
    schema, operation, document, address = schema_of(kind), None, None, None
    if kind is CALLS["chatCompletion"]:
        operation = f"{chat_completion.API}.{chat_completion.LISTED.name}"
    elif kind in (CALLS["http"], CALLS["httpRequest"]):
        schema, operation = _of_request(workspace, schema, task.get(ARGUMENTS))
    elif (call := api_call(program.nodes[place.pointer])) is not None and call.address is not None:
        found = _described(workspace, place.path, call)
        if found is None:
            address = call.address
        elif isinstance(found, Described):
            schema = with_parameters(schema, call.operation_id, found.operation)
            api = found.place.removeprefix(f"{FOLDER}/")
            is_kept = api != found.place
            operation = f"{api}.{found.operation.name}" if is_kept else None
            document = None if is_kept else found.place
    id_ = hashlib.sha256(schema.model_dump_json().encode()).hexdigest()
    return TaskForm(
        task=task,
        operation=operation,
        document=document,
        unknown_document=address,
        event_schema=event_schema(program, program.nodes[place.pointer]),
        variables=variables_of(program, place.pointer),
        names={key: [*getattr(program.definition.use, key)] for key in _NAMED},
        schema_id=id_,
        schema_=None if id_ == place.known else schema,
    )


@router.post("/task/reference")
def get_reference(place: TaskOfText, workspace: AskedWorkspace) -> dict[str, Any]:
    """What the operation of a `call: openapi` takes and answers: as `GET /api/catalog/{api}/operations/{operation}`."""
    _, program = workspace.readable(place.path, place.text)
    node = program.nodes.get(place.pointer)
    call = None if node is None else api_call(node)
    if call is None or call.address is None:
        raise Problem(404, "this task calls no operation of an API document", "choose another block")
    found = _described(workspace, place.path, call)
    if not isinstance(found, Described):
        refused = (f"`{call.address}` is not in the catalogue", "add it there") if found is None else None
        raise Problem(404, *(refused or (str(found), None)))
    return Reference(found.place, within(found.operation, SHOWN)).as_json()


@router.post("/input-form")
def get_input_form(edited: EditedText, workspace: AskedWorkspace) -> InputForm:
    """The schema of a definition's input."""
    _, program = workspace.readable(edited.path, edited.text)
    source = program.definition.input
    return InputForm(schema_=None if source is None or source.schema_ is None else source.schema_.document)


def _described(workspace: Workspace, path: str, call: ApiCall) -> Described | RequestInvalid | None:
    """The operation of a document that is at hand; None of one that would have to be loaded."""
    config = workspace.settings().config
    home = workspace.folder.file(path).parent
    try:
        documents = ProjectDocuments(config.root, config.state_directory, home)
        return documents.find(str(call.address), call.operation_id)
    except RequestInvalid as error:  # which is one of the definition's findings
        return error


def _of_request(workspace: Workspace, schema: TaskSchema, arguments: Any) -> tuple[TaskSchema, str | None]:
    """The schema of a request, and the operation of the catalogue that it calls, as far as it tells where it goes."""
    config = workspace.settings().config
    operations = CalledOperations(config, workspace.catalog(config))
    called = operations.of(arguments)
    if called is None:
        return schema, None
    connection = config.connections.get(str(arguments.get("connection")))
    sent = () if connection is None else connection.headers
    shown = operations.shown(called)
    return with_request(schema, shown.name, shown.operation, arguments, sent), shown.name
